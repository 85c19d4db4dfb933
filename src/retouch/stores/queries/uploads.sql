-- name: sum_uploads
-- How many uploads an account has, those to come included, and their bytes.
select count(*), coalesce(sum(bytes), 0)::bigint from uploads where account_id = %(account_id)s;

-- name: insert_upload
-- Makes an address to write to.
insert into uploads (path, account_id, key, max_bytes, expires_at)
values (%(path)s, %(account_id)s, %(key)s, %(max_bytes)s, %(expires_at)s);

-- name: find_upload
-- An upload by its path.
select path, account_id, key, max_bytes, state, expires_at from uploads where path = %(path)s;

-- name: claim_upload
-- Lets one writer in.
update uploads set state = 'receiving'
where path = %(path)s and state = 'issued' and expires_at > clock_timestamp();

-- name: release_upload
-- Lets another writer in, after one that failed.
update uploads set state = 'issued' where path = %(path)s and state = 'receiving';

-- name: store_upload
-- Notes that an upload is there.
update uploads set state = 'stored', bytes = %(bytes)s where path = %(path)s and state = 'receiving';

-- name: stored_key
-- Where an account's upload lies.
select key from uploads where path = %(path)s and account_id = %(account_id)s and state = 'stored';

-- name: forget_uploads
-- Forgets uploads that are too old.
delete from uploads where created_at < clock_timestamp() - %(age)s::interval;
