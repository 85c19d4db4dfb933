-- Where accounts want to be told of their projects, and what has been or is to be told.

create table webhooks (
    id text primary key,
    account_id text not null references accounts (id) on delete cascade,
    url text not null,
    description text not null default '',
    events text[] not null check (cardinality(events) > 0),
    enabled boolean not null default true,
    -- What signs, so it has to be kept as it is; the former one signs too for a while after it was replaced.
    secret text not null,
    former_secret text,
    former_until timestamptz,
    -- What links in messages begin with, where the operator has set no public address: where the owner reached us.
    base_url text not null,
    -- Since when every message has failed; null while they arrive.
    failing_since timestamptz,
    -- Why it is not enabled, if its owner did not ask for that.
    disabled_because text,
    created_at timestamptz not null default clock_timestamp()
);
create index webhooks_by_account on webhooks (account_id, id);

-- One message to one address. Written in the transaction that makes the change it tells of, and sent afterwards.
create table deliveries (
    id text primary key,
    webhook_id text not null references webhooks (id) on delete cascade,
    project_id text not null,
    event text not null,
    state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
    -- The fence: whoever takes it to send it raises it, and only the latest may say what came of it.
    tries integer not null default 0,
    -- What it stood at when its owner last asked for it to be sent again: pauses are short again from there.
    tries_before integer not null default 0,
    next_at timestamptz not null default clock_timestamp(),
    give_up_at timestamptz not null,
    -- Every try: when, how long it took, the status or what went wrong.
    log jsonb not null default '[]',
    created_at timestamptz not null default clock_timestamp(),
    delivered_at timestamptz,
    -- A project that is taken up again begins only once.
    unique (webhook_id, project_id, event)
);
create index deliveries_due on deliveries (next_at) where state = 'pending';
create index deliveries_of_webhook on deliveries (webhook_id, id);
create index deliveries_age on deliveries (created_at);
