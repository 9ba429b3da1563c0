-- Keys of the ledger's own API, and the way to the holds of one account.

create table ledger.api_keys (
    prefix text collate "C" primary key,
    name text not null,
    permissions text[] not null,
    hash bytea not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    last_used_at timestamptz
);
comment on column ledger.api_keys.hash is 'SHA-256 of the key: 200 random bits need no slow hash';

grant select, insert on ledger.api_keys to tael_app;
grant update (revoked_at, last_used_at) on ledger.api_keys to tael_app;

create index holds_by_account on ledger.holds (account_no, entry_no, position);
