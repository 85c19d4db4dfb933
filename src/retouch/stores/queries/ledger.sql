-- name: admit_edit
-- Admits an edit or says why not (migration 0003).
select outcome, edit_id, balance, have, wait, rate_limit, rate_left, rate_reset from admit(
    %(account_id)s, %(key_id)s, %(edit_id)s, %(route)s, %(fingerprint)s, %(idempotency_key)s, %(window)s::interval,
    %(lease)s::interval, %(detached)s, %(price)s::bigint, %(images)s::integer,
    %(asked_model)s, %(model)s, %(engine)s, %(engine_model)s, %(prompt)s, %(parameters)s::jsonb, %(end_user)s, %(answer)s::jsonb,
    %(requests_per_minute)s::integer, %(concurrent_edits)s::integer, %(images_per_day)s::integer, %(spend_cap)s::bigint
);

-- name: settle_edit
-- Ends an edit and pays back what is due; no row where it has been ended or started again.
select refunded, balance from settle(
    %(edit_id)s, %(attempt)s::integer, %(state)s, %(made)s::integer, %(due)s::integer, %(outputs)s::jsonb,
    %(attempts)s::jsonb, %(cost)s::bigint, %(answer)s::jsonb, %(error)s::jsonb, %(note)s
);

-- name: recall_edit
-- The edit that an idempotency key stands for, and whether it was asked in the same words.
select edit_id, fingerprint = %(fingerprint)s from idempotency
where account_id = %(account_id)s and route = %(route)s and key = %(key)s
    and created_at > clock_timestamp() - %(window)s::interval;

-- name: join_edit
-- Joins a retry to the edit that an earlier attempt started: once per attempt, while its answer is not delivered.
update edits set joined = joined || %(attempt)s::integer
where id = (select joinable(%(key_id)s, %(route)s, %(fingerprint)s, %(attempt)s::integer, %(window)s::interval))
    and not delivered and state not in ('failed', 'canceled') and not joined @> array[%(attempt)s::integer]
returning id;

-- name: joinable_edit
-- The edit that a retry could join.
select joinable(%(key_id)s, %(route)s, %(fingerprint)s, %(attempt)s::integer, %(window)s::interval);

-- name: start_next_edit
-- Starts the edit whose turn it is, of those for later and those left by a dead process; a lease that ran out while the database was away does not count.
with next as (
    select id from edits
    where resumable and state in ('queued', 'running')
        and (
            state = 'queued'
            or greatest(lease_until, pg_postmaster_start_time() + %(lease)s::interval) < clock_timestamp()
        )
    order by turn, id limit 1 for update skip locked
), started as (
    update edits set
        state = 'running', attempt = attempt + 1, lease_until = clock_timestamp() + %(lease)s::interval,
        started_at = clock_timestamp(), deaths = deaths + (state = 'running')::integer,
        attempts = attempts || calls, cost = cost + cost_of(calls), calls = '[]'
    from next where edits.id = next.id
    returning edits.id, edits.attempt, edits.deaths, edits.turn
), moved as (
    insert into queue_clock (turn) select turn from started where turn is not null
    on conflict (one) do update set turn = greatest(queue_clock.turn, excluded.turn)
)
select id as edit_id, attempt, deaths from started;

-- name: requeue_edit
-- Gives a started edit back, to be run later.
update edits set
    state = 'queued', lease_until = null, attempts = attempts || %(calls)s::jsonb, cost = cost + cost_of(%(calls)s::jsonb),
    calls = '[]'
where id = %(id)s and attempt = %(attempt)s and state = 'running' and resumable;

-- name: renew_leases
-- Says that these edits are being worked on, and what was called for them; returns those that still are ours.
update edits set
    lease_until = clock_timestamp() + case when resumable then %(short_lease)s::interval else %(lease)s::interval end,
    calls = coalesce(held.calls, edits.calls)
from unnest(%(ids)s::text[], %(attempts)s::integer[], %(calls)s::jsonb[]) held (id, attempt, calls)
where edits.id = held.id and edits.attempt = held.attempt and edits.state = 'running'
returning edits.id;

-- name: note_outputs
-- Keeps what is finished of an edit that is still running, so that another process can go on from there.
update edits set outputs = %(outputs)s::jsonb
where id = %(id)s and attempt = %(attempt)s and state = 'running';

-- name: deliver_edits
-- Notes that answers have reached their clients.
update edits set delivered = true where id = any(%(ids)s) and not delivered;

-- name: refund_abandoned
-- Pays back the edits whose process has died; their ids and days. Nothing while the database has just come up: leases that ran out while it was away are renewed first.
with up as materialized (
    select %(error)s::jsonb as error where pg_postmaster_start_time() + %(grace)s::interval <= clock_timestamp()
)
select edit_id, day from up cross join lateral refund_abandoned(up.error);

-- name: forget_idempotency
-- Forgets idempotency keys that are too old to matter.
delete from idempotency where created_at < clock_timestamp() - %(window)s::interval;

-- name: edit_state
-- Where an edit stands.
select state from edits where id = %(id)s;

-- name: find_edit
-- Everything that is kept of an edit, if it belongs to that account.
select
    id, account_id, key_id, state, resumable, detached, attempt, route, fingerprint, joined, asked_model, model, engine, engine_model, prompt,
    parameters, end_user, images_asked, images_made, price, charged, refunded, attempts, cost, outputs, answer, error,
    created_at, finished_at
from edits
where id = %(id)s and (%(account_id)s::text is null or account_id = %(account_id)s);
