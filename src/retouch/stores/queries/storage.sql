-- name: insert_storage
-- Thinks of a mark for the store of pictures, unless the database has one.
insert into storage (mark) values (%(mark)s) on conflict do nothing;

-- name: replace_storage
-- Thinks of another mark, for a store that is yet to get it.
insert into storage (mark) values (%(mark)s) on conflict (only_one) do update set mark = excluded.mark, marked_at = null;

-- name: find_storage
-- The mark, and whether it was laid into a store.
select mark, marked_at is not null as laid from storage;

-- name: lock_storage
-- The same, and no other process looks until the transaction ends.
select mark, marked_at is not null as laid from storage for update;

-- name: note_storage
-- The mark lies in a store.
update storage set marked_at = clock_timestamp() where marked_at is null;
