-- What a key may use and spend at most, and who is known by a token that somebody else issued.

alter table api_keys
    -- Ids of the models that it may use; null is all of them.
    add column models text[] check (cardinality(models) > 0),
    -- Micro-credits that may be charged through it in all; null is no bound but the account's balance.
    add column spend_cap bigint check (spend_cap >= 0),
    -- Null is the account's own rate.
    add column requests_per_minute integer check (requests_per_minute > 0),
    -- Keys with a cap or a rate of their own through which this one was made: their bounds hold for it too, so that
    -- a bounded key cannot multiply what it may spend by making more keys.
    add column limited_by text[] not null default '{}';

-- Who is meant by a subject of an issuer (JWT): somebody who holds no key, but may do what a key of the account may.
-- That key's own secret was thrown away when it was made. Revoking the key refuses the subject for good.
create table identities (
    issuer text not null,
    subject text not null,
    key_id text not null unique references api_keys (id) on delete cascade,
    created_at timestamptz not null default now(),
    primary key (issuer, subject)
);
