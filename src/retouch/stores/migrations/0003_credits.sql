-- Money: what accounts have, what each edit cost, and how much may be asked for. Amounts are micro-credits.

alter table accounts
    add column balance bigint not null default 0,
    -- Charges less refunds, ever: what a spend cap is held against.
    add column spent bigint not null default 0,
    -- Own limits in place of the settings' defaults.
    add column requests_per_minute integer check (requests_per_minute > 0),
    add column concurrent_edits integer check (concurrent_edits > 0),
    add column images_per_day integer check (images_per_day > 0),
    add column spend_cap bigint check (spend_cap >= 0),
    add constraint accounts_solvent check (unlimited or balance >= 0);

-- What was charged through a key, and through those made with it if it is bounded (limited_by), less refunds.
alter table api_keys add column spent bigint not null default 0;

create table edits (
    id text primary key,
    account_id text not null references accounts (id),
    -- The API key's id, or what stands for it; not a reference, because the record outlives the key.
    key_id text not null,
    state text not null check (state in ('queued', 'running', 'complete', 'failed', 'canceled')),
    -- Accepted for later: when its process dies it is run again, not refunded.
    resumable boolean not null default false,
    -- Runs on when its client leaves, so that a retry can join it.
    detached boolean not null,
    -- The fence: whoever starts the edit raises it, and only the latest may settle.
    attempt integer not null,
    lease_until timestamptz,
    -- Where it came in; with account and fingerprint it tells a retry of the same edit.
    route text not null,
    fingerprint text not null,
    idempotency_key text,
    -- The retry counts that have joined it, each once, and whether its answer has reached its client.
    joined integer[] not null default '{}',
    delivered boolean not null default false,
    asked_model text not null,
    model text not null,
    engine text not null,
    engine_model text not null,
    prompt text not null,
    -- What was asked for, without image bytes.
    parameters jsonb not null,
    end_user text,
    images_asked integer not null check (images_asked > 0),
    images_made integer not null default 0 check (images_made between 0 and images_asked),
    -- For one image.
    price bigint not null check (price >= 0),
    charged bigint not null check (charged = price * images_asked),
    refunded bigint not null default 0 check (refunded between 0 and charged),
    -- Every call that was tried, with its cause if it failed, and what providers are reckoned to ask, in micro-dollars.
    attempts jsonb not null default '[]',
    cost bigint not null default 0,
    -- Keys, sizes and texts of the images, and what the answer's head said, so that it can be given again.
    outputs jsonb not null default '[]',
    answer jsonb,
    error jsonb,
    created_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    check ((state in ('queued', 'running')) = (finished_at is null)),
    check ((state = 'running') = (lease_until is not null))
);
create index edits_by_account on edits (account_id, created_at, id);
create index edits_running on edits (account_id) where state = 'running';
-- Empty where the client does not count its attempts, so that no retry of it is ever told from a new edit.
create index edits_fingerprint on edits using hash (fingerprint) where fingerprint <> '';

create table entries (
    id bigint generated always as identity primary key,
    account_id text not null references accounts (id),
    kind text not null check (kind in ('grant', 'charge', 'refund', 'adjustment')),
    amount bigint not null check (
        case kind when 'charge' then amount < 0 when 'adjustment' then amount <> 0 else amount > 0 end
    ),
    -- The account's balance after this entry.
    balance bigint not null,
    edit_id text references edits (id),
    note text not null default '',
    -- Of the one who made a grant or an adjustment: the same reference again changes nothing.
    reference text,
    created_at timestamptz not null default clock_timestamp(),
    check ((kind in ('charge', 'refund')) = (edit_id is not null))
);
create unique index entries_once on entries (edit_id, kind) where edit_id is not null;
create unique index entries_reference on entries (account_id, reference) where reference is not null;
create index entries_by_account on entries (account_id, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'entries are only ever added' using errcode = 'restrict_violation';
end $$;
create trigger entries_stay before update or delete on entries for each row execute function refuse_change();
create trigger entries_all_stay before truncate on entries for each statement execute function refuse_change();

create table idempotency (
    account_id text not null references accounts (id) on delete cascade,
    route text not null,
    key text not null,
    fingerprint text not null,
    edit_id text not null references edits (id),
    created_at timestamptz not null default clock_timestamp(),
    primary key (account_id, route, key)
);
create index idempotency_age on idempotency (created_at);

-- Counters of limits: what a crash of PostgreSQL takes is a minute's count, and a day's is counted anew.
create unlogged table request_windows (
    -- An account's or a key's id.
    holder text primary key,
    began timestamptz not null,
    used integer not null
) with (fillfactor = 50);
create unlogged table image_days (
    account_id text primary key,
    day date not null,
    used integer not null
) with (fillfactor = 50);

-- The requests that a holder has left in its minute, which begins with the first one.
create function window_of(p_holder text, p_now timestamptz, out began timestamptz, out used integer)
language plpgsql as $$
begin
    select w.began, w.used into began, used from request_windows w
    where w.holder = p_holder and w.began > p_now - interval '1 minute';
    if not found then
        began := p_now;
        used := 0;
    end if;
end $$;

-- The images that an account has asked for since midnight UTC, those left out that were not made.
create function images_today(p_account text, p_now timestamptz) returns integer language plpgsql as $$
declare
    today date := (p_now at time zone 'UTC')::date;
    found_used integer;
begin
    select used into found_used from image_days where account_id = p_account and day = today;
    if not found then
        select coalesce(sum(case when finished_at is null then images_asked else images_made end), 0) into found_used
        from edits where account_id = p_account and created_at >= today::timestamp at time zone 'UTC';
        insert into image_days (account_id, day, used) values (p_account, today, found_used)
        on conflict (account_id) do update set day = excluded.day, used = excluded.used;
    end if;
    return found_used;
end $$;

-- Admits an edit or says why not, in one go: the account's row is locked, so that of any number of processes one
-- admits at a time for it. `have` is what is left of balance or cap, `wait` the seconds after which to come back.
create function admit(
    p_account text, p_key text, p_edit text, p_route text, p_fingerprint text, p_idempotency text, p_window interval,
    p_lease interval, p_detached boolean, p_price bigint, p_images integer,
    p_asked_model text, p_model text, p_engine text, p_engine_model text,
    p_prompt text, p_parameters jsonb, p_end_user text, p_answer jsonb,
    p_requests integer, p_concurrent integer, p_per_day integer, p_cap bigint,
    out outcome text, out edit_id text, out balance bigint, out have bigint, out wait double precision,
    out rate_limit integer, out rate_left integer, out rate_reset double precision
) language plpgsql as $$
#variable_conflict use_column
declare
    a accounts;
    k record;
    seen idempotency;
    minute record;
    total constant bigint := p_price * p_images;
    t timestamptz;
    keys text[];
    -- Whose minutes count this request.
    limited text[] := '{}';
    most integer;
begin
    select * into a from accounts where id = p_account for no key update;
    if not found then
        outcome := 'no_account';
        return;
    end if;
    balance := a.balance;
    t := clock_timestamp();

    if p_idempotency is not null then
        select * into seen from idempotency i
        where i.account_id = p_account and i.route = p_route and i.key = p_idempotency and i.created_at > t - p_window;
        if found then
            edit_id := seen.edit_id;
            outcome := case when seen.fingerprint = p_fingerprint then 'replay' else 'conflict' end;
            return;
        end if;
    end if;

    keys := p_key || coalesce((select limited_by from api_keys where id = p_key), '{}');
    for k in
        select p_account as id, coalesce(a.requests_per_minute, p_requests) as most
        union all
        select id, requests_per_minute from api_keys where id = any(keys)
    loop
        continue when k.most is null;
        limited := limited || k.id;
        minute := window_of(k.id, t);
        if rate_left is null or k.most - minute.used < rate_left then
            rate_limit := k.most;
            rate_left := greatest(k.most - minute.used, 0);
            rate_reset := extract(epoch from minute.began + interval '1 minute' - t);
        end if;
    end loop;
    if rate_left = 0 then
        outcome := 'requests';
        have := rate_limit;
        wait := rate_reset;
        return;
    end if;

    most := coalesce(a.concurrent_edits, p_concurrent);
    if most is not null and p_lease is not null
        and (select count(*) from edits where account_id = p_account and state = 'running') >= most
    then
        outcome := 'concurrent';
        have := most;
        -- When the first of them should be done, going by the latest ones.
        select greatest(
            1,
            (
                select avg(extract(epoch from finished_at - created_at)) from (
                    select finished_at, created_at from edits
                    where account_id = p_account and state = 'complete' order by created_at desc limit 20
                ) latest
            ) - extract(epoch from t - min(created_at))
        ) into wait from edits where account_id = p_account and state = 'running';
        return;
    end if;

    most := coalesce(a.images_per_day, p_per_day);
    if most is not null and images_today(p_account, t) + p_images > most then
        outcome := 'images';
        have := most;
        if p_images <= most then
            wait := extract(
                epoch from date_trunc('day', t at time zone 'UTC') + interval '1 day' - t at time zone 'UTC'
            );
        end if;
        return;
    end if;

    select min(greatest(spend_cap - spent, 0)) into have from api_keys
    where id = any(keys) and spent + total > spend_cap;
    if have is not null then
        outcome := 'key_cap';
        return;
    end if;
    have := coalesce(a.spend_cap, p_cap);
    if have is not null and a.spent + total > have then
        outcome := 'account_cap';
        have := greatest(have - a.spent, 0);
        return;
    end if;
    if not a.unlimited and a.balance < total then
        outcome := 'balance';
        have := a.balance;
        return;
    end if;

    insert into edits (
        id, account_id, key_id, state, resumable, detached, attempt, lease_until, route, fingerprint, idempotency_key,
        asked_model, model, engine, engine_model, prompt, parameters, end_user, answer, images_asked, price, charged,
        created_at
    ) values (
        p_edit, p_account, p_key, case when p_lease is null then 'queued' else 'running' end, p_lease is null,
        p_detached, case when p_lease is null then 0 else 1 end, t + p_lease, p_route, p_fingerprint, p_idempotency,
        p_asked_model, p_model, p_engine, p_engine_model, p_prompt, p_parameters, p_end_user, p_answer, p_images, p_price,
        total, t
    );
    if total > 0 then
        update accounts set balance = accounts.balance - total, spent = spent + total where id = p_account
        returning accounts.balance into balance;
        update api_keys set spent = spent + total where id = any(keys);
        insert into entries (account_id, kind, amount, balance, edit_id, created_at)
        values (p_account, 'charge', -total, balance, p_edit, t);
    end if;
    if p_idempotency is not null then
        insert into idempotency (account_id, route, key, fingerprint, edit_id, created_at)
        values (p_account, p_route, p_idempotency, p_fingerprint, p_edit, t)
        on conflict (account_id, route, key) do update
        set fingerprint = excluded.fingerprint, edit_id = excluded.edit_id, created_at = excluded.created_at;
    end if;
    if rate_left is not null then
        insert into request_windows (holder, began, used) select h, t, 1 from unnest(limited) h
        on conflict (holder) do update set
            used = case when request_windows.began > t - interval '1 minute' then request_windows.used + 1 else 1 end,
            began = case when request_windows.began > t - interval '1 minute' then request_windows.began else t end;
        rate_left := rate_left - 1;
    end if;
    if most is not null then
        update image_days set used = used + p_images where account_id = p_account;
    end if;
    outcome := 'accepted';
    edit_id := p_edit;
    have := null;
end $$;

-- Ends an edit, once: stores what came of it and pays back `p_due` images. No row where somebody else has ended it,
-- or started it again (the fence).
create function settle(
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
        answer = coalesce(p_answer, answer), error = p_error
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
create function refund_abandoned(p_error jsonb) returns table (edit_id text, day date) language plpgsql as $$
declare
    e record;
begin
    -- One process at a time: two that pay back edits of the same accounts in another order could block each other.
    if not pg_try_advisory_xact_lock(32199698105590633) then
        return;
    end if;
    for e in
        select id, attempt, images_asked, created_at from edits
        where state = 'running' and not resumable and lease_until < clock_timestamp()
        order by id for update skip locked limit 1000
    loop
        perform settle(
            e.id, e.attempt, 'failed', 0, e.images_asked, '[]', '[]', 0, null, p_error, 'abandoned'
        );
        edit_id := e.id;
        day := (e.created_at at time zone 'UTC')::date;
        return next;
    end loop;
end $$;
