-- Who may use Retouch, and the secrets it made for itself.
-- Ids are made in Python (stores/ids.py): a kind, an underscore, and a part that sorts by time of making.

create table accounts (
    id text primary key,
    name text not null,
    tier text not null default 'free' check (tier in ('free', 'creator', 'pro', 'business')),
    -- Never blocked for its balance.
    unlimited boolean not null default false,
    is_owner boolean not null default false,
    created_at timestamptz not null default now()
);
create unique index accounts_one_owner on accounts (is_owner) where is_owner;

create table api_keys (
    id text primary key,
    account_id text not null references accounts (id) on delete cascade,
    name text not null,
    -- The key's first characters, so that its holder can tell it from others.
    prefix text not null,
    -- SHA-256 of the key in hexadecimal; the key itself is kept nowhere.
    hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
    scopes text[] not null check (scopes <@ array['edit', 'read', 'manage'] and cardinality(scopes) > 0),
    error_format text check (error_format in ('openai', 'flat', 'message')),
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    last_used_at timestamptz
);
create index api_keys_account on api_keys (account_id);

create table secrets (
    name text primary key,
    value bytea not null,
    created_at timestamptz not null default now()
);
