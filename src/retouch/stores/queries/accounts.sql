-- name: insert_owner
-- Makes the owner's account unless there is one; every process may try at once.
insert into accounts (id, name, tier, unlimited, is_owner)
values (%(id)s, %(name)s, 'business', true, true)
on conflict (is_owner) where is_owner do nothing;

-- name: lock_owner
-- The owner's account, held so that two processes cannot both make the first key.
select
    id, name, tier, unlimited, is_owner, balance, spent, requests_per_minute, concurrent_edits, images_per_day, spend_cap,
    created_at
from accounts where is_owner for update;

-- name: lock_account
-- Holds an account, so that what is counted of it is counted once at a time; whether there is one.
select id from accounts where id = %(account_id)s for no key update;

-- name: insert_account
-- Makes an account.
insert into accounts (id, name, tier)
values (%(id)s, %(name)s, %(tier)s)
returning
    id, name, tier, unlimited, is_owner, balance, spent, requests_per_minute, concurrent_edits, images_per_day, spend_cap,
    created_at;

-- name: find_account
-- One account.
select
    id, name, tier, unlimited, is_owner, balance, spent, requests_per_minute, concurrent_edits, images_per_day, spend_cap,
    created_at
from accounts where id = %(id)s;

-- name: list_accounts
-- The accounts, oldest first, behind the one of that id.
select
    id, name, tier, unlimited, is_owner, balance, spent, requests_per_minute, concurrent_edits, images_per_day, spend_cap,
    created_at
from accounts where %(after)s::text is null or id > %(after)s order by id limit %(limit)s;

-- name: set_account
-- What an operator sets of an account.
update accounts set
    name = %(name)s, tier = %(tier)s, unlimited = %(unlimited)s, requests_per_minute = %(requests_per_minute)s,
    concurrent_edits = %(concurrent_edits)s, images_per_day = %(images_per_day)s, spend_cap = %(spend_cap)s
where id = %(id)s
returning
    id, name, tier, unlimited, is_owner, balance, spent, requests_per_minute, concurrent_edits, images_per_day, spend_cap,
    created_at;
