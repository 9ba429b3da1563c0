-- Cards, the tokens that stand for them, and the keys that seal them: for the vault's own role alone.

create schema vault;

create table vault.master_keys (
    number int primary key check (number > 0),
    kind text not null check (kind in ('file', 'custodians')),
    threshold int not null check (threshold >= 1),
    shares int not null check (shares >= threshold),
    check_value bytea not null,
    made_at timestamptz not null,
    retired_at timestamptz
);
comment on column vault.master_keys.check_value is 'HMAC of the number under the key: tells whether a key is this one';

create table vault.data_keys (
    id text collate "C" primary key,
    purpose text not null check (purpose in ('cards', 'fingerprints')),
    master int not null references vault.master_keys (number),
    sealed bytea not null,
    made_at timestamptz not null
);
create unique index one_fingerprint_key on vault.data_keys (purpose) where purpose = 'fingerprints';
create index data_keys_by_master on vault.data_keys (master);

create table vault.tokens (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    session text collate "C" not null,
    kind text not null check (kind in ('card', 'network_token')),
    brand text not null,
    first6 text not null check (length(first6) = 6),
    last4 text not null check (length(last4) = 4),
    exp_month int not null check (exp_month between 1 and 12),
    exp_year int not null,
    fingerprint text not null,
    data_key text collate "C" references vault.data_keys (id),
    sealed bytea,
    created_at timestamptz not null,
    expires_at timestamptz,
    check ((data_key is null) = (sealed is null))
);
create index tokens_by_session on vault.tokens (session);
create index tokens_by_data_key on vault.tokens (data_key) where data_key is not null;
create index tokens_to_forget on vault.tokens (expires_at) where sealed is not null and expires_at is not null;
comment on column vault.tokens.sealed is 'The card, sealed by the data key and bound to the token; null once it is forgotten';

create table vault.destinations (
    channel text not null,
    origin text not null,
    added_at timestamptz not null,
    added_by text not null,
    primary key (channel, origin)
);

create table vault.audit (
    no bigint generated always as identity primary key,
    at timestamptz not null,
    actor text not null,
    action text not null,
    token text,
    channel text,
    number text,
    destination text,
    note text
);
create index audit_by_token on vault.audit (token) where token is not null;

grant usage on schema vault to tael_vault;
grant select, insert on vault.master_keys, vault.data_keys, vault.tokens, vault.destinations, vault.audit to tael_vault;
grant update (retired_at) on vault.master_keys to tael_vault;
grant update (master, sealed), delete on vault.data_keys to tael_vault;
grant update (data_key, sealed, expires_at) on vault.tokens to tael_vault;
grant delete on vault.destinations to tael_vault;
