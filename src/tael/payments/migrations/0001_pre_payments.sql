-- Payments, attempts and refunds.

create schema payments;

create table payments.payments (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    reference text collate "C" not null,
    description text not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    state text collate "C" not null check (state in (
        'created', 'processing', 'requires_action', 'authorised', 'captured', 'canceled', 'failed', 'expired')),
    closing_as text collate "C" check (closing_as in ('canceled', 'expired')),
    captured_by text collate "C",
    captured_minor bigint not null default 0,
    refunded_minor bigint not null default 0,
    refunding_minor bigint not null default 0,
    fee_basis_points int not null,
    fee_minor bigint not null default 0,
    fee_returned_minor bigint not null default 0,
    return_url text,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    check (refunded_minor >= 0 and refunding_minor >= 0 and refunded_minor + refunding_minor <= captured_minor),
    check (captured_minor in (0, amount_minor)),
    check ((state = 'captured') = (captured_minor > 0)),
    check ((captured_by is not null) = (captured_minor > 0)),
    check ((ended_at is not null) = (state in ('captured', 'canceled', 'failed', 'expired')))
) with (fillfactor = 80);
create index payments_by_merchant on payments.payments (merchant_id, id);
create index payments_by_reference on payments.payments (merchant_id, reference);
create index payments_to_expire on payments.payments (expires_at)
    where state in ('created', 'processing', 'requires_action');

create table payments.attempts (
    id text collate "C" primary key,
    payment_id text collate "C" not null references payments.payments (id),
    channel text collate "C" not null,
    state text collate "C" not null check (state in (
        'created', 'waiting', 'unknown', 'succeeded', 'failed', 'closed')),
    amount_minor bigint not null,
    currency text collate "C" not null,
    code_url text,
    code_expires_at timestamptz,
    channel_reference text,
    channel_code text,
    created_at timestamptz not null,
    ended_at timestamptz,
    inquiries int not null default 0,
    next_inquiry_at timestamptz
) with (fillfactor = 80);
create index attempts_by_payment on payments.attempts (payment_id);
create index attempts_due on payments.attempts (next_inquiry_at) where next_inquiry_at is not null;

create table payments.refunds (
    id text collate "C" primary key,
    payment_id text collate "C" not null references payments.payments (id),
    attempt_id text collate "C" not null references payments.attempts (id),
    merchant_id text collate "C" not null,
    reason text not null check (reason in ('merchant', 'late_success', 'second_success')),
    note text not null,
    state text collate "C" not null check (state in ('processing', 'unknown', 'succeeded', 'failed')),
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    fee_returned_minor bigint not null check (fee_returned_minor >= 0),
    channel_code text,
    created_at timestamptz not null,
    ended_at timestamptz,
    inquiries int not null default 0,
    next_inquiry_at timestamptz
) with (fillfactor = 80);
create index refunds_by_payment on payments.refunds (payment_id);
create index refunds_due on payments.refunds (next_inquiry_at) where next_inquiry_at is not null;

grant usage on schema payments to tael_app;
grant select, insert, update on payments.payments, payments.attempts, payments.refunds to tael_app;
