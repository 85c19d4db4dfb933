-- name: insert_key
-- Makes a key of which only the hash is known here.
insert into api_keys (
    id, account_id, name, prefix, hash, scopes, error_format, models, spend_cap, requests_per_minute, limited_by,
    expires_at
)
values (
    %(id)s, %(account_id)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s, %(error_format)s, %(models)s, %(spend_cap)s,
    %(requests_per_minute)s, %(limited_by)s, %(expires_at)s
)
returning id, account_id, name, prefix, scopes, error_format, models, spend_cap, requests_per_minute, limited_by,
    expires_at, revoked_at, created_at, last_used_at,
    (select tier from accounts where accounts.id = account_id) as tier;

-- name: find_key
-- The key with this hash, if it may still be used.
select id, account_id, name, prefix, scopes, error_format, models, spend_cap, requests_per_minute, limited_by,
    expires_at, revoked_at, created_at, last_used_at,
    (select tier from accounts where accounts.id = account_id) as tier
from api_keys
where hash = %(hash)s and revoked_at is null and (expires_at is null or expires_at > now());

-- name: find_key_by_id
-- The key of this id, if it may still be used: a token that it issued dies with it.
select id, account_id, name, prefix, scopes, error_format, models, spend_cap, requests_per_minute, limited_by,
    expires_at, revoked_at, created_at, last_used_at,
    (select tier from accounts where accounts.id = account_id) as tier
from api_keys
where id = %(id)s and revoked_at is null and (expires_at is null or expires_at > now());

-- name: list_keys
-- The keys of one account, or of all, newest first, used up ones included, from after a given one on.
select id, account_id, name, prefix, scopes, error_format, models, spend_cap, requests_per_minute, limited_by,
    expires_at, revoked_at, created_at, last_used_at,
    (select tier from accounts where accounts.id = account_id) as tier
from api_keys
where (%(account_id)s::text is null or account_id = %(account_id)s) and (%(after)s::text is null or id < %(after)s)
order by id desc
limit %(limit)s;

-- name: get_key
-- A key of one account, used up or not.
select id, account_id, name, prefix, scopes, error_format, models, spend_cap, requests_per_minute, limited_by,
    expires_at, revoked_at, created_at, last_used_at,
    (select tier from accounts where accounts.id = account_id) as tier
from api_keys
where id = %(id)s and account_id = %(account_id)s;

-- name: rename_key
-- Calls a key of one account something else.
update api_keys set name = %(name)s
where id = %(id)s and account_id = %(account_id)s
returning id, account_id, name, prefix, scopes, error_format, models, spend_cap, requests_per_minute, limited_by,
    expires_at, revoked_at, created_at, last_used_at,
    (select tier from accounts where accounts.id = account_id) as tier;

-- name: revoke_key
-- Ends a key for good; a key of another account than the one named stays as it is.
update api_keys set revoked_at = now()
where id = %(id)s and revoked_at is null and (%(account_id)s::text is null or account_id = %(account_id)s);

-- name: note_uses
-- When keys were last used. Rows are locked in one order, so that processes that note the same keys never wait in a ring.
with used as (
    select id, at from unnest(%(ids)s::text[], %(times)s::timestamptz[]) as used (id, at)
), held as (
    select id from api_keys where id = any(%(ids)s) order by id for no key update
)
update api_keys set last_used_at = greatest(last_used_at, used.at)
from used join held using (id)
where api_keys.id = used.id;

-- name: has_keys
-- Whether an account has, or ever had, a key.
select exists (select from api_keys where account_id = %(account_id)s);

-- name: revoke_former_keys
-- Ends the keys of one name that have another hash: what a setting held before it was changed.
update api_keys set revoked_at = now()
where account_id = %(account_id)s and name = %(name)s and hash <> %(hash)s and revoked_at is null;

-- name: restore_key
-- Makes sure that a key which was set by hand works, for all that the owner may do: made before, it is valid again.
insert into api_keys (id, account_id, name, prefix, hash, scopes)
values (%(id)s, %(account_id)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s)
on conflict (hash) do update
set revoked_at = null, expires_at = null, name = excluded.name, scopes = excluded.scopes, models = null,
    spend_cap = null, requests_per_minute = null, limited_by = '{}'
where api_keys.account_id = excluded.account_id
returning id;
