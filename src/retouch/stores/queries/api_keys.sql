-- name: insert_key
-- Makes a key of which only the hash is known here.
insert into api_keys (id, account_id, name, prefix, hash, scopes, error_format, expires_at)
values (
    %(id)s, %(account_id)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s, %(error_format)s,
    now() + %(expires_in)s::interval
)
returning id, account_id, name, prefix, scopes, error_format, expires_at, revoked_at, created_at, last_used_at;

-- name: find_key
-- The key with this hash, if it may still be used.
select id, account_id, name, prefix, scopes, error_format, expires_at, revoked_at, created_at, last_used_at
from api_keys
where hash = %(hash)s and revoked_at is null and (expires_at is null or expires_at > now());

-- name: list_keys
-- The keys of one account, or of all, newest first, used up ones included.
select id, account_id, name, prefix, scopes, error_format, expires_at, revoked_at, created_at, last_used_at
from api_keys
where %(account_id)s::text is null or account_id = %(account_id)s
order by id desc;

-- name: revoke_key
-- Ends a key for good; a key of another account than the one named stays as it is.
update api_keys set revoked_at = now()
where id = %(id)s and revoked_at is null and (%(account_id)s::text is null or account_id = %(account_id)s);

-- name: has_keys
-- Whether an account has, or ever had, a key.
select exists (select from api_keys where account_id = %(account_id)s);

-- name: revoke_former_keys
-- Ends the keys of one name that have another hash: what a setting held before it was changed.
update api_keys set revoked_at = now()
where account_id = %(account_id)s and name = %(name)s and hash <> %(hash)s and revoked_at is null;

-- name: restore_key
-- Makes sure that a key which was set by hand works: made before, it is valid again.
insert into api_keys (id, account_id, name, prefix, hash, scopes)
values (%(id)s, %(account_id)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s)
on conflict (hash) do update
set revoked_at = null, expires_at = null, name = excluded.name, scopes = excluded.scopes
where api_keys.account_id = excluded.account_id
returning id;
