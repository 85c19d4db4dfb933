-- Who is signed in to the pages. Links and sessions are kept by their hash alone, as keys are, and may do what a key
-- of the account may: revoking that key ends them.

-- The key whose rights those have who sign in by a link. Its own secret was thrown away when it was made.
create table sign_in_keys (
    account_id text primary key references accounts (id) on delete cascade,
    key_id text not null references api_keys (id) on delete cascade
);

create table sign_in_links (
    hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
    key_id text not null references api_keys (id) on delete cascade,
    expires_at timestamptz not null
);

create table sessions (
    hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
    key_id text not null references api_keys (id) on delete cascade,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index sessions_expiry on sessions (expires_at);
