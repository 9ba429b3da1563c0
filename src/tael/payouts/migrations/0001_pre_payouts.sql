-- Payouts and their legs.

create schema payouts;

create table payouts.payouts (
    id text collate "C" primary key,
    owner text collate "C" not null,
    purpose text collate "C" not null,
    reference text collate "C" not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    account_kind text collate "C" not null,
    payee_sealed bytea not null,
    shown text not null,
    statement text not null,
    funded_by text collate "C" not null,
    state text collate "C" not null check (state in (
        'created', 'processing', 'unknown', 'succeeded', 'failed', 'returned')),
    legs int not null default 0,
    paid_by int,
    reason text,
    error_class text collate "C",
    created_at timestamptz not null,
    ended_at timestamptz,
    waits int not null default 0,
    next_leg_at timestamptz,
    check ((ended_at is not null) = (state in ('succeeded', 'failed', 'returned'))),
    check (next_leg_at is null or state = 'created'),
    check (paid_by is null or paid_by <= legs)
) with (fillfactor = 80);
comment on column payouts.payouts.payee_sealed is 'The destination, sealed and bound to the payout';
comment on column payouts.payouts.funded_by is 'The account in the books on which the money is set aside';
create index payouts_by_owner on payouts.payouts (owner, id);
create index payouts_by_state on payouts.payouts (state, id);
create index payouts_to_begin on payouts.payouts (next_leg_at) where next_leg_at is not null;

create table payouts.legs (
    payout_id text collate "C" not null references payouts.payouts (id),
    nth int not null check (nth > 0),
    channel text collate "C" not null,
    state text collate "C" not null check (state in ('processing', 'unknown', 'succeeded', 'failed', 'returned')),
    channel_reference text,
    channel_code text,
    error_class text collate "C",
    begun_at timestamptz not null,
    ended_at timestamptz,
    inquiries int not null default 0,
    next_inquiry_at timestamptz,
    doubted_at timestamptz,
    reversals int not null default 0,
    unowed boolean not null default false,
    primary key (payout_id, nth),
    unique (payout_id, channel),
    check ((ended_at is not null) = (state in ('succeeded', 'failed', 'returned')))
) with (fillfactor = 80);
comment on column payouts.legs.unowed is 'It went although the payout had been given up, or went another way: to be recovered';
create index legs_due on payouts.legs (next_inquiry_at) where next_inquiry_at is not null;

grant usage on schema payouts to tael_app;
grant select, insert, update on payouts.payouts, payouts.legs to tael_app;
