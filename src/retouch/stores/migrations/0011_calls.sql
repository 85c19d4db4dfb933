-- What a process that dies with an edit had called stays in the edit's record.

alter table edits
    -- What is to be added to `attempts` if the process that has the edit dies now, as it said when it last renewed the
    -- lease: the calls that it has made, and those under way, whose cost nobody knows then (null).
    add column calls jsonb not null default '[]';

-- What is known of the cost of calls, micro-dollars.
create function cost_of(p_calls jsonb) returns bigint language sql immutable as $$
    select coalesce(sum((call ->> 'cost')::bigint), 0)::bigint from jsonb_array_elements(p_calls) call
$$;

-- Ends an edit, once: stores what came of it and pays back `p_due` images. No row where somebody else has ended it,
-- or started it again (the fence).
create or replace function settle(
    p_edit text, p_attempt integer, p_state text, p_made integer, p_due integer,
    p_outputs jsonb, p_attempts jsonb, p_cost bigint, p_answer jsonb, p_error jsonb, p_note text
) returns table (refunded bigint, balance bigint) language plpgsql as $$
#variable_conflict use_column
declare
    e edits;
    left_over bigint;
begin
    update edits set
        state = p_state, lease_until = null, finished_at = clock_timestamp(), images_made = p_made,
        refunded = price * p_due, outputs = p_outputs, attempts = edits.attempts || p_attempts, cost = edits.cost + p_cost,
        answer = coalesce(p_answer, answer), error = p_error, calls = '[]'
    where id = p_edit and attempt = p_attempt and state in ('queued', 'running')
    returning * into e;
    if not found then
        return;
    end if;
    if e.refunded > 0 then
        update accounts set balance = accounts.balance + e.refunded, spent = spent - e.refunded where id = e.account_id
        returning accounts.balance into left_over;
        update api_keys set spent = spent - e.refunded
        where id = any(e.key_id || coalesce((select limited_by from api_keys where id = e.key_id), '{}'));
        insert into entries (account_id, kind, amount, balance, edit_id, note)
        values (e.account_id, 'refund', e.refunded, left_over, e.id, p_note);
    end if;
    if p_made < e.images_asked then
        update image_days set used = greatest(used - (e.images_asked - p_made), 0)
        where account_id = e.account_id and day = (e.created_at at time zone 'UTC')::date;
    end if;
    -- What was paid back in full has left nothing to answer with: the same key may try again.
    if e.idempotency_key is not null and p_due = e.images_asked then
        delete from idempotency i where i.account_id = e.account_id and i.route = e.route
            and i.key = e.idempotency_key and i.edit_id = e.id;
    end if;
    return query select e.refunded, left_over;
end $$;

-- Pays back the edits whose process has died: their lease has run out, and nobody will run them again.
create or replace function refund_abandoned(p_error jsonb) returns table (edit_id text, day date) language plpgsql as $$
declare
    e record;
begin
    -- One process at a time: two that pay back edits of the same accounts in another order could block each other.
    if not pg_try_advisory_xact_lock(32199698105590633) then
        return;
    end if;
    for e in
        select id, attempt, images_asked, created_at, calls from edits
        where state = 'running' and not resumable and lease_until < clock_timestamp()
        order by id for update skip locked limit 1000
    loop
        perform settle(
            e.id, e.attempt, 'failed', 0, e.images_asked, '[]', e.calls, cost_of(e.calls), null, p_error, 'abandoned'
        );
        edit_id := e.id;
        day := (e.created_at at time zone 'UTC')::date;
        return next;
    end loop;
end $$;
