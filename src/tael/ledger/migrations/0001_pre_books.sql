-- Accounts, balances, journal entries and postings.

create schema ledger;

create table ledger.accounts (
    no bigint generated always as identity primary key,
    code text collate "C" not null,
    currency text collate "C" not null,
    account_class text not null check (account_class in ('asset', 'expense', 'liability', 'income', 'equity')),
    limit_rule text not null check (limit_rule in ('none', 'no_overdraft', 'floor')),
    floor_minor bigint not null,
    opened_at timestamptz not null,
    unique (code, currency)
);

-- Kept apart and half empty, so that a balance changes in place (a heap-only update).
create table ledger.balances (
    account_no bigint primary key references ledger.accounts (no),
    balance_minor bigint not null default 0
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
comment on column ledger.balances.balance_minor is 'debits less credits';

create sequence ledger.entry_numbers cache 1;
create table ledger.entries (
    no bigint primary key,
    id text collate "C" not null unique,
    kind text not null,
    reference text collate "C" not null,
    effective_at timestamptz not null,
    booked_at timestamptz not null
);

-- Numbers of entries are given while the balances of their accounts are locked, so within one account they
-- are in the order in which its balance moved.
create table ledger.postings (
    account_no bigint not null,
    entry_no bigint not null,
    position smallint not null,
    amount_minor bigint not null check (amount_minor <> 0),
    balance_after_minor bigint not null,
    primary key (entry_no, position)
);
create index postings_by_account on ledger.postings (account_no, entry_no, position);
create index entries_by_reference on ledger.entries (reference);

grant usage on schema ledger to tael_app;
grant select, insert on ledger.accounts, ledger.entries, ledger.postings to tael_app;
grant select, insert, update on ledger.balances to tael_app;
grant usage on sequence ledger.entry_numbers to tael_app;
