-- Which store of pictures belongs to this database: the one that holds this mark. One row.

create table storage (
    only_one boolean primary key default true check (only_one),
    mark text not null,
    -- Null until the mark lies in a store.
    marked_at timestamptz
);
