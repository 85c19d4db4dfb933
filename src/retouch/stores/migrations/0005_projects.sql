-- Uploads, projects, and whose turn it is. Before this the schema of the queue is applied (procrastinate's own).

-- Pictures that an account has handed in by a signed address, each written once, for seven days.
create table uploads (
    -- What requests call it: `api-assets/` and a random name.
    path text primary key,
    account_id text not null references accounts (id) on delete cascade,
    key text not null,
    max_bytes bigint not null,
    state text not null default 'issued' check (state in ('issued', 'receiving', 'stored')),
    bytes bigint not null default 0,
    -- Of the address to write to.
    expires_at timestamptz not null,
    created_at timestamptz not null default clock_timestamp()
);
create index uploads_by_account on uploads (account_id);
create index uploads_age on uploads (created_at);

-- An edit that was accepted for later: it has the edit's id.
create table projects (
    id text primary key references edits (id),
    account_id text not null references accounts (id),
    name text,
    -- Everything that was asked for but the pictures, and where those lie until the edit is settled.
    request jsonb not null,
    inputs jsonb not null,
    -- What providers' queues have taken on: engine, model, images, and what finds the job again.
    jobs jsonb not null default '[]',
    cancel_asked_at timestamptz,
    deleted_at timestamptz,
    -- Nothing is left in the store that this edit does not need.
    tidied_at timestamptz,
    created_at timestamptz not null default clock_timestamp()
);
create index projects_by_account on projects (account_id, id);
create index projects_untidy on projects (created_at) where tidied_at is null;

-- Edits for later are started in the order of their turns. An account's edits are a step apart, so that accounts take
-- turns and what one has queued does not keep another waiting; a higher tier makes smaller steps. Who has nothing
-- under way begins at the clock, which shows the latest turn started (start-time fair queuing).
alter table edits
    add column turn bigint,
    -- How many processes have died with it.
    add column deaths integer not null default 0;
alter table accounts add column turn bigint not null default 0;
create table queue_clock (
    one boolean primary key default true check (one),
    turn bigint not null
);
create index edits_by_turn on edits (turn, id) where resumable and state in ('queued', 'running');
create index edits_for_later on edits (account_id) where resumable and state in ('queued', 'running');

create function take_turn(p_edit text) returns void language plpgsql as $$
#variable_conflict use_column
declare
    a accounts;
    clock constant bigint := coalesce((select turn from queue_clock), 0);
    mine bigint;
begin
    select accounts.* into a from edits join accounts on accounts.id = account_id where edits.id = p_edit
    for no key update of accounts;
    mine := clock;
    if exists (
        select from edits
        where account_id = a.id and resumable and state in ('queued', 'running') and id <> p_edit
    ) then
        mine := greatest(clock, a.turn);
    end if;
    update edits set turn = mine where id = p_edit;
    update accounts set turn = mine + case a.tier when 'free' then 8 when 'creator' then 4 when 'pro' then 2 else 1 end
    where id = a.id;
end $$;
