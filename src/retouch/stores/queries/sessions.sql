-- name: find_sign_in_key
-- The key behind the links of an account, if it may still be used.
select key_id from sign_in_keys join api_keys on api_keys.id = key_id
where sign_in_keys.account_id = %(account_id)s and revoked_at is null and (expires_at is null or expires_at > now());

-- name: set_sign_in_key
-- Puts another key behind the links of an account.
insert into sign_in_keys (account_id, key_id) values (%(account_id)s, %(key_id)s)
on conflict (account_id) do update set key_id = excluded.key_id;

-- name: insert_sign_in_link
-- Keeps a sign-in link by its hash.
insert into sign_in_links (hash, key_id, expires_at)
values (%(hash)s, %(key_id)s, now() + %(lasts)s::interval);

-- name: take_sign_in_link
-- Uses a link up, and names the key behind it; of several that try at once one gets it.
delete from sign_in_links where hash = %(hash)s
returning key_id, expires_at > now() as valid;

-- name: sweep_sign_in_links
-- Forgets links that nobody used.
delete from sign_in_links where expires_at <= now();

-- name: sweep_sessions
-- Forgets sessions that have ended.
delete from sessions where expires_at <= now();

-- name: insert_session
-- Keeps a session by its hash.
insert into sessions (hash, key_id, expires_at) values (%(hash)s, %(key_id)s, now() + %(lasts)s::interval);

-- name: use_session
-- The key of the session with this hash, if both are valid; the session's end moves on, noted once a minute at most.
with moved as (
    update sessions set last_used_at = now(), expires_at = now() + %(lasts)s::interval
    where hash = %(hash)s and expires_at > now() and last_used_at <= now() - interval '1 minute'
)
select key_id from sessions where hash = %(hash)s and expires_at > now();

-- name: end_session
-- Signs out.
delete from sessions where hash = %(hash)s;
