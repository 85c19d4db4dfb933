-- name: sum_uploads
-- How many uploads an account has, those to come included, and their bytes.
select count(*), coalesce(sum(bytes), 0)::bigint from uploads where account_id = %(account_id)s;

-- name: insert_upload
-- Makes an address to write to.
insert into uploads (path, account_id, key, max_bytes, expires_at)
values (%(path)s, %(account_id)s, %(key)s, %(max_bytes)s, %(expires_at)s);

-- name: find_upload
-- An upload by its path.
select path, account_id, key, max_bytes, state, expires_at, receiving_until from uploads where path = %(path)s;

-- name: claim_upload
-- Lets one writer in, which writes to a key of its own; also after one that has died.
update uploads set state = 'receiving', key = %(key)s, receiving_until = clock_timestamp() + %(longest)s::interval
where path = %(path)s and expires_at > clock_timestamp()
    and (state = 'issued' or (state = 'receiving' and receiving_until < clock_timestamp()));

-- name: release_upload
-- Lets another writer in, after one that failed.
update uploads set state = 'issued', receiving_until = null
where path = %(path)s and state = 'receiving' and key = %(key)s;

-- name: store_upload
-- Notes that an upload is there, unless another writer was let in meanwhile.
update uploads set state = 'stored', bytes = %(bytes)s, receiving_until = null
where path = %(path)s and state = 'receiving' and key = %(key)s;

-- name: stored_key
-- Where an account's upload lies.
select key from uploads where path = %(path)s and account_id = %(account_id)s and state = 'stored';

-- name: give_up_dead_writers
-- Lets others write in place of those who have surely ended; what such a writer still put would be nobody's.
update uploads set state = 'issued', receiving_until = null
where state = 'receiving' and receiving_until < clock_timestamp();

-- name: upload_keys_in_use
-- Which of these places hold an upload, or one that is being written.
select key from uploads where key = any(%(keys)s) and state <> 'issued';

-- name: forget_uploads
-- Forgets uploads that are too old.
delete from uploads where created_at < clock_timestamp() - %(age)s::interval;
