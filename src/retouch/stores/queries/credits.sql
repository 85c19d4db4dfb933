-- name: add_entry
-- Grants or adjusts credits; nothing where the reference is known already.
with account as (
    update accounts set balance = balance + %(amount)s::bigint
    where id = %(account_id)s and not exists (
        select from entries where account_id = %(account_id)s and reference = %(reference)s
    )
    returning id, balance
)
insert into entries (account_id, kind, amount, balance, note, reference)
select id, %(kind)s, %(amount)s::bigint, balance, %(note)s, %(reference)s from account
returning id, account_id, kind, amount, balance, edit_id, note, created_at;

-- name: find_entry
-- The grant or adjustment of that reference.
select id, account_id, kind, amount, balance, edit_id, note, created_at from entries
where account_id = %(account_id)s and reference = %(reference)s;

-- name: list_entries
-- The entries of an account, newest first, from one id on.
select id, account_id, kind, amount, balance, edit_id, note, created_at from entries
where account_id = %(account_id)s and (%(after)s::bigint is null or id < %(after)s::bigint)
order by id desc limit %(limit)s;

-- name: list_edits
-- The edits of an account, newest first, behind the one of that id.
select
    id, account_id, key_id, state, resumable, detached, attempt, route, fingerprint, joined, asked_model, model, engine,
    engine_model, prompt, parameters, end_user, images_asked, images_made, price, charged, refunded, attempts, cost,
    outputs, answer, error, created_at, finished_at
from edits
where account_id = %(account_id)s
    and (%(after)s::text is null or (created_at, id) < (
        select created_at, id from edits where id = %(after)s and account_id = %(account_id)s
    ))
    and (%(state)s::text is null or state = %(state)s)
order by created_at desc, id desc limit %(limit)s;

-- name: sum_usage
-- What was made and spent, by whichever of day (UTC), model and key are asked for; of one account or all.
select
    case when 'day' = any(%(by)s) then (created_at at time zone 'UTC')::date end as day,
    case when 'model' = any(%(by)s) then model end as model,
    case when 'key' = any(%(by)s) then key_id end as key_id,
    case when 'account' = any(%(by)s) then account_id end as account_id,
    count(*)::bigint as edits,
    count(*) filter (where state = 'complete')::bigint as complete,
    sum(images_made)::bigint as images,
    sum(charged)::bigint as charged,
    sum(refunded)::bigint as refunded,
    sum(cost)::bigint as cost
from edits
where (%(account_id)s::text is null or account_id = %(account_id)s)
    and created_at >= %(since)s::timestamptz and created_at < %(until)s::timestamptz
group by 1, 2, 3, 4
order by 1 desc nulls last, 2, 3, 4;

-- name: check_credits
-- Everything that does not add up, from one snapshot: no row is the proof that all does.
with sums as (
    select account_id, sum(amount)::bigint as balance,
        sum(case when kind in ('charge', 'refund') then -amount else 0 end)::bigint as spent
    from entries group by account_id
), moved as (
    select edit_id, -coalesce(sum(amount) filter (where kind = 'charge'), 0)::bigint as charged,
        coalesce(sum(amount) filter (where kind = 'refund'), 0)::bigint as refunded
    from entries where edit_id is not null group by edit_id
), through as (
    -- What is spent through a key counts for those, too, that it was made with and that are bounded.
    select holder as id, sum(own.spent)::bigint as spent
    from (select key_id, sum(charged - refunded) as spent from edits group by key_id) own
    join api_keys on api_keys.id = own.key_id
    cross join unnest(api_keys.id || api_keys.limited_by) holder
    group by holder
)
select 'the balance is not the sum of the entries' as what, a.id as id,
    format('balance %%s, entries %%s', a.balance, coalesce(s.balance, 0)) as detail
from accounts a left join sums s on s.account_id = a.id where a.balance <> coalesce(s.balance, 0)
union all
select 'what was spent is not the sum of charges and refunds', a.id,
    format('spent %%s, entries %%s', a.spent, coalesce(s.spent, 0))
from accounts a left join sums s on s.account_id = a.id where a.spent <> coalesce(s.spent, 0)
union all
select 'a balance below zero', id, format('balance %%s', balance) from accounts where balance < 0 and not unlimited
union all
select 'what was spent through the key is not what its edits cost', k.id, format('spent %%s, edits %%s', k.spent, coalesce(t.spent, 0))
from api_keys k left join through t on t.id = k.id where k.spent <> coalesce(t.spent, 0)
union all
select 'an edit''s charge or refund is not its entries', e.id,
    format('charged %%s, refunded %%s; entries %%s, %%s', e.charged, e.refunded, coalesce(m.charged, 0), coalesce(m.refunded, 0))
from edits e left join moved m on m.edit_id = e.id
where e.charged <> coalesce(m.charged, 0) or e.refunded <> coalesce(m.refunded, 0)
union all
select 'an edit that has ended is not settled', id,
    format('%%s, %%s of %%s images, charged %%s, refunded %%s', state, images_made, images_asked, charged, refunded)
from edits
where (state = 'complete' and refunded <> price * (images_asked - images_made))
    or (state = 'failed' and refunded <> charged)
union all
select 'an edit that was given up by its process and not paid back', id, format('lease until %%s', lease_until)
from edits
where state = 'running' and not resumable and lease_until < clock_timestamp() - %(grace)s::interval
order by 1, 2;
