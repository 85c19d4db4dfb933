-- name: find_identity
-- The key whose rights a subject of an issuer has, and whether it may still be used.
select api_keys.id, account_id, name, prefix, scopes, error_format, models, spend_cap, requests_per_minute, limited_by,
    expires_at, revoked_at, api_keys.created_at, last_used_at,
    (select tier from accounts where accounts.id = account_id) as tier,
    revoked_at is null and (expires_at is null or expires_at > now()) as valid
from identities join api_keys on api_keys.id = key_id
where issuer = %(issuer)s and subject = %(subject)s;

-- name: insert_identity
-- Makes a subject of an issuer known, unless it is already.
insert into identities (issuer, subject, key_id) values (%(issuer)s, %(subject)s, %(key_id)s)
on conflict do nothing;

-- name: replace_identity
-- Gives a subject of an issuer the rights of another key, as an operator decides.
insert into identities (issuer, subject, key_id) values (%(issuer)s, %(subject)s, %(key_id)s)
on conflict (issuer, subject) do update set key_id = excluded.key_id;
