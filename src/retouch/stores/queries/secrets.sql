-- name: insert_secret
-- Keeps a secret unless one of that name is kept already.
insert into secrets (name, value) values (%(name)s, %(value)s) on conflict (name) do nothing;

-- name: find_secret
-- A secret.
select value from secrets where name = %(name)s;
