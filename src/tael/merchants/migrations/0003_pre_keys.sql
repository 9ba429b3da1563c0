-- Keys with scopes, an end, addresses, signatures and a version. Keys that exist may do everything, as before.

alter table merchants.api_keys
    add column name text not null default '',
    add column publishable boolean not null default false,
    add column scopes text[],
    add column addresses text[] not null default '{}',
    add column must_sign boolean not null default false,
    add column expires_at timestamptz,
    add column version text not null default '2026-11-01',
    add column reads_per_second int,
    add column changes_per_second int,
    add column old_hash bytea,
    add column old_secret_until timestamptz,
    add column rotated_at timestamptz,
    add column last_used_from text;

comment on column merchants.api_keys.scopes is 'null: everything, also what comes later';
comment on column merchants.api_keys.version is
    'the version of the API for which its holder was written; the default is the one before there were versions';

create table merchants.signing_keys (
    id text collate "C" primary key,
    prefix text collate "C" not null references merchants.api_keys (prefix),
    name text not null,
    algorithm text not null,
    public_key text not null,
    created_at timestamptz not null,
    revoked_at timestamptz
);
create index signing_keys_by_key on merchants.signing_keys (prefix);

grant select, insert, update on merchants.signing_keys to tael_app;
