-- name: lock_migrations
-- One process at a time, until its transaction ends; the number is ours alone.
select pg_advisory_xact_lock(32199698105590632);

-- name: make_migrations
-- The table of migrations done.
create table if not exists migrations (
    number integer primary key,
    name text not null,
    done_at timestamptz not null default now()
);

-- name: list_migrations
-- The migrations done.
select number from migrations;

-- name: insert_migration
-- Notes that a migration is done.
insert into migrations (number, name) values (%(number)s, %(name)s);
