-- Bank cards, top-ups and withdrawals of users.

create schema funding;

create table funding.bank_cards (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    token text collate "C" not null,
    fingerprint text collate "C" not null,
    brand text not null,
    issuer text not null,
    first6 text not null check (length(first6) = 6),
    last4 text not null check (length(last4) = 4),
    phone_shown text not null,
    state text collate "C" not null check (state in ('checking', 'bound', 'refused', 'unbound')),
    check_id text collate "C" not null unique,
    reason text not null default '',
    is_default boolean not null default false,
    created_at timestamptz not null,
    bound_at timestamptz,
    ended_at timestamptz,
    forgotten_at timestamptz,
    check ((ended_at is not null) = (state in ('refused', 'unbound'))),
    check (not is_default or state = 'bound')
) with (fillfactor = 90);
comment on column funding.bank_cards.token is 'Of the vault: no number of a card lies here';
comment on column funding.bank_cards.forgotten_at is 'When the vault has forgotten a card that is not bound any more';
create index bank_cards_by_user on funding.bank_cards (user_id, id);
create unique index bank_cards_once on funding.bank_cards (user_id, fingerprint) where state in ('checking', 'bound');
create unique index bank_cards_one_default on funding.bank_cards (user_id) where is_default;
create index bank_cards_to_forget on funding.bank_cards (ended_at) where ended_at is not null and forgotten_at is null;

create table funding.top_ups (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    method text collate "C" not null,
    bank_card_id text collate "C" references funding.bank_cards (id),
    payment_id text collate "C" not null unique,
    state text collate "C" not null check (state in ('waiting', 'credited', 'failed')),
    fee_minor bigint not null default 0 check (fee_minor >= 0),
    refunded_minor bigint not null default 0,
    reason text not null default '',
    created_at timestamptz not null,
    ended_at timestamptz,
    check ((ended_at is not null) = (state <> 'waiting')),
    check (0 <= refunded_minor and refunded_minor <= amount_minor - fee_minor),
    check (refunded_minor = 0 or state = 'credited')
) with (fillfactor = 80);
create index top_ups_by_user on funding.top_ups (user_id, id);

create table funding.top_up_refunds (
    id text collate "C" primary key,
    top_up_id text collate "C" not null references funding.top_ups (id),
    user_id text collate "C" not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    refund_id text collate "C" not null unique,
    state text collate "C" not null check (state in ('processing', 'succeeded', 'failed')),
    strength text collate "C" not null,
    fee_returned_minor bigint not null default 0 check (0 <= fee_returned_minor and fee_returned_minor <= amount_minor),
    reason text not null default '',
    created_at timestamptz not null,
    sent_at timestamptz,
    ended_at timestamptz,
    reversals int not null default 0,
    check ((ended_at is not null) = (state <> 'processing'))
) with (fillfactor = 80);
create index top_up_refunds_by_top_up on funding.top_up_refunds (top_up_id);
create index top_up_refunds_to_send on funding.top_up_refunds (created_at) where sent_at is null and state = 'processing';

create table funding.withdrawal_quotes (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    bank_card_id text collate "C" not null references funding.bank_cards (id),
    amount_minor bigint not null check (amount_minor > 0),
    fee_minor bigint not null check (0 <= fee_minor and fee_minor < amount_minor),
    currency text collate "C" not null,
    arrives_seconds int not null check (arrives_seconds > 0),
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_by text collate "C" unique
);
create index withdrawal_quotes_over on funding.withdrawal_quotes (expires_at) where used_by is null;

create table funding.withdrawals (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    bank_card_id text collate "C" not null references funding.bank_cards (id),
    quote_id text collate "C" not null unique references funding.withdrawal_quotes (id),
    payout_id text collate "C" not null unique,
    amount_minor bigint not null check (amount_minor > 0),
    fee_minor bigint not null check (0 <= fee_minor and fee_minor < amount_minor),
    currency text collate "C" not null,
    state text collate "C" not null check (state in ('processing', 'succeeded', 'failed', 'returned')),
    strength text collate "C" not null,
    reason text not null default '',
    created_at timestamptz not null,
    arrives_by timestamptz not null,
    ended_at timestamptz,
    check ((ended_at is not null) = (state <> 'processing'))
) with (fillfactor = 80);
create index withdrawals_by_user on funding.withdrawals (user_id, id);
create index withdrawals_open on funding.withdrawals (bank_card_id) where state = 'processing';

grant usage on schema funding to tael_app;
grant select, insert, update on funding.bank_cards, funding.top_ups, funding.top_up_refunds, funding.withdrawal_quotes,
    funding.withdrawals to tael_app;
grant delete on funding.withdrawal_quotes to tael_app;
