-- name: list_tables
-- Every table of the schema: its columns but the computed ones, the tables that it refers to, and whether it is kept through a crash.
select
    t.relname::text as name,
    t.relpersistence = 'p' as lasting,
    (
        select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    ) as columns,
    array(
        select distinct other.relname::text from pg_constraint c join pg_class other on other.oid = c.confrelid
        where c.conrelid = t.oid and c.contype = 'f' and c.confrelid <> t.oid
    ) as needs
from pg_class t join pg_namespace n on n.oid = t.relnamespace
where n.nspname = current_schema() and t.relkind = 'r'
order by t.relname;

-- name: list_sequences
-- The counters behind the ids of some tables, and the last number that each gave.
select sequencename::text, last_value from pg_sequences
where schemaname = current_schema() and last_value is not null and exists (
    select from pg_depend d join pg_class t on t.oid = d.refobjid
    where d.objid = format('%%I.%%I', schemaname, sequencename)::regclass and d.classid = 'pg_class'::regclass
        and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and t.relname = any(%(tables)s)
);

-- name: set_sequence
-- Lets a counter go on after a number.
select setval(format('%%I', %(name)s::text)::regclass, %(last)s::bigint);

-- name: count_others
-- How many other programs are connected to this database.
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';

-- name: has_migrations
-- Whether the database has tables of Retouch at all.
select to_regclass('migrations') is not null;

-- name: name_migrations
-- The migrations done, with their names.
select number, name from migrations order by number;
