-- name: insert_owner
-- Makes the owner's account unless there is one; every process may try at once.
insert into accounts (id, name, tier, unlimited, is_owner)
values (%(id)s, %(name)s, 'business', true, true)
on conflict (is_owner) where is_owner do nothing;

-- name: lock_owner
-- The owner's account, held so that two processes cannot both make the first key.
select id, name, tier, unlimited, is_owner, created_at from accounts where is_owner for update;

-- name: insert_account
-- Makes an account.
insert into accounts (id, name, tier)
values (%(id)s, %(name)s, %(tier)s)
returning id, name, tier, unlimited, is_owner, created_at;

-- name: find_account
-- One account.
select id, name, tier, unlimited, is_owner, created_at from accounts where id = %(id)s;

-- name: list_accounts
-- All accounts, oldest first.
select id, name, tier, unlimited, is_owner, created_at from accounts order by id;
