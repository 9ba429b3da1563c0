-- Merchants and the keys of their servers.

create schema merchants;

create table merchants.merchants (
    id text collate "C" primary key,
    name text not null,
    state text not null check (state in ('active', 'suspended')),
    fee_basis_points int not null check (fee_basis_points between 0 and 1000),
    created_at timestamptz not null
);

create table merchants.api_keys (
    prefix text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    hash bytea not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    last_used_at timestamptz
);
create index api_keys_by_merchant on merchants.api_keys (merchant_id);

grant usage on schema merchants to tael_app;
grant select, insert, update on merchants.merchants, merchants.api_keys to tael_app;
