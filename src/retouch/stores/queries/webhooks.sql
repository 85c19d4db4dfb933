-- name: insert_webhook
-- Keeps an address, unless the account has as many as it may.
insert into webhooks (id, account_id, url, description, events, secret, base_url)
select %(id)s, %(account_id)s, %(url)s, %(description)s, %(events)s, %(secret)s, %(base_url)s
where (select count(*) from webhooks where account_id = %(account_id)s) < %(most)s
returning id, account_id, url, description, events, enabled, failing_since, disabled_because, created_at;

-- name: list_webhooks
-- An account's addresses, newest first, behind the one of that id.
select id, account_id, url, description, events, enabled, failing_since, disabled_because, created_at from webhooks
where account_id = %(account_id)s and (%(after)s::text is null or id < %(after)s)
order by id desc limit %(limit)s;

-- name: find_webhook
-- One address of an account.
select id, account_id, url, description, events, enabled, failing_since, disabled_because, created_at from webhooks
where id = %(id)s and account_id = %(account_id)s;

-- name: change_webhook
-- Changes what is given of an address; enabling it forgets that it failed.
update webhooks set
    url = coalesce(%(url)s::text, url), description = coalesce(%(description)s::text, description),
    events = coalesce(%(events)s::text[], events), enabled = coalesce(%(enabled)s::boolean, enabled),
    failing_since = case when %(enabled)s::boolean or %(url)s::text is not null then null else failing_since end,
    disabled_because = case when %(enabled)s::boolean is null then disabled_because end
where id = %(id)s and account_id = %(account_id)s
returning id, account_id, url, description, events, enabled, failing_since, disabled_because, created_at;

-- name: rotate_webhook
-- Gives an address another secret; the former one signs too for a while.
update webhooks set
    former_secret = secret, former_until = clock_timestamp() + %(overlap)s::interval, secret = %(secret)s
where id = %(id)s and account_id = %(account_id)s
returning id, account_id, url, description, events, enabled, failing_since, disabled_because, created_at;

-- name: delete_webhook
-- Forgets an address and what was told to it.
delete from webhooks where id = %(id)s and account_id = %(account_id)s;

-- name: webhooks_to_tell
-- Who wants to be told of this event of a project.
select w.id from webhooks w join edits e on e.account_id = w.account_id
where e.id = %(project_id)s and w.enabled and %(event)s = any(w.events);

-- name: insert_deliveries
-- Messages to be sent, one for each address; what is told of already is not told again.
insert into deliveries (id, webhook_id, project_id, event, give_up_at)
select id, webhook_id, %(project_id)s, %(event)s, clock_timestamp() + %(patience)s::interval
from unnest(%(ids)s::text[], %(webhooks)s::text[]) as new (id, webhook_id)
on conflict (webhook_id, project_id, event) do nothing;

-- name: claim_deliveries
-- Takes messages that are due, a few for each address, so that one that hangs does not hold up the others.
with due as (
    select picked.id from (
        select distinct d.webhook_id from deliveries d join webhooks w on w.id = d.webhook_id
        where d.state = 'pending' and d.next_at <= clock_timestamp() and w.enabled and d.webhook_id <> all(%(busy)s)
    ) waiting
    cross join lateral (
        select id from deliveries
        where webhook_id = waiting.webhook_id and state = 'pending' and next_at <= clock_timestamp()
        order by next_at limit %(each)s for update skip locked
    ) picked
    limit %(most)s
)
update deliveries d set tries = d.tries + 1, next_at = clock_timestamp() + %(lease)s::interval
from due, webhooks w
where d.id = due.id and w.id = d.webhook_id
returning
    d.id, d.webhook_id, w.account_id, d.project_id, d.event, d.tries, d.tries - d.tries_before as number, w.url, w.base_url, w.secret,
    case when w.former_until > clock_timestamp() then w.former_secret end as former_secret;

-- name: note_delivery
-- Says what came of a try: delivered, to be tried again after a pause, or given up for good.
update deliveries set
    log = log || %(entry)s::jsonb,
    state = case
        when %(ok)s then 'delivered'
        when clock_timestamp() + %(pause)s::interval >= give_up_at then 'failed' else 'pending'
    end,
    next_at = clock_timestamp() + %(pause)s::interval,
    delivered_at = case when %(ok)s then clock_timestamp() end
where id = %(id)s and tries = %(tries)s and state = 'pending'
returning state;

-- name: note_arrival
-- An address that answers is well.
update webhooks set failing_since = null where id = %(id)s and failing_since is not null;

-- name: note_failure
-- An address at which nothing has arrived for days is not tried any more.
update webhooks set
    failing_since = coalesce(failing_since, clock_timestamp()),
    enabled = failing_since is null or failing_since > clock_timestamp() - %(patience)s::interval,
    disabled_because = case when failing_since <= clock_timestamp() - %(patience)s::interval then %(why)s end
where id = %(id)s and enabled
returning enabled;

-- name: give_up_deliveries
-- Ends what nobody may send any more: its address is not enabled, and its time is over.
update deliveries set state = 'failed'
where id in (
    select id from deliveries where state = 'pending' and give_up_at < clock_timestamp() - interval '1 minute'
    limit 1000 for update skip locked
);

-- name: forget_deliveries
-- Forgets messages that are too old to matter.
delete from deliveries where created_at < clock_timestamp() - %(age)s::interval and state <> 'pending';

-- name: list_deliveries
-- What was told to an address, newest first, behind the one of that id.
select d.id, d.event, d.project_id, d.state, d.next_at, d.log, d.created_at, d.delivered_at
from deliveries d join webhooks w on w.id = d.webhook_id
where d.webhook_id = %(webhook_id)s and w.account_id = %(account_id)s
    and (%(after)s::text is null or d.id < %(after)s) and (%(state)s::text is null or d.state = %(state)s)
order by d.id desc limit %(limit)s;

-- name: redeliver
-- Sends a message again, whatever came of it.
update deliveries d set
    state = 'pending', tries = d.tries + 1, tries_before = d.tries + 1, next_at = clock_timestamp(), delivered_at = null,
    give_up_at = clock_timestamp() + %(patience)s::interval
from webhooks w
where d.id = %(id)s and w.id = d.webhook_id and w.id = %(webhook_id)s and w.account_id = %(account_id)s
returning d.id, d.event, d.project_id, d.state, d.next_at, d.log, d.created_at, d.delivered_at;
