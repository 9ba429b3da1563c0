-- Payers as merchants know them, what they let be kept, and what they let be charged.

create schema customers;

create table customers.customers (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    reference text,
    sealed bytea not null,
    name_shown text not null,
    email_shown text not null,
    phone_shown text not null,
    created_at timestamptz not null
);
create unique index customers_by_reference on customers.customers (merchant_id, reference) where reference is not null;
create index customers_by_merchant on customers.customers (merchant_id, id);
comment on column customers.customers.sealed is 'Name, e-mail address and telephone number, sealed';

create table customers.payment_methods (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    customer_id text collate "C" not null references customers.customers (id),
    source text not null check (source in ('vault', 'channel')),
    channel text check ((channel is null) = (source = 'vault')),
    token text not null,
    brand text not null,
    first6 text not null,
    last4 text not null,
    exp_month int,
    exp_year int,
    consent_text_version text not null,
    consent_given_at timestamptz not null,
    consent_address text not null,
    created_at timestamptz not null,
    detached_at timestamptz
);
create index payment_methods_by_merchant on customers.payment_methods (merchant_id, id);
create index payment_methods_by_customer on customers.payment_methods (customer_id, id);

create table customers.mandates (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    payment_method_id text collate "C" not null references customers.payment_methods (id),
    kind text not null check (kind in ('recurring', 'unscheduled')),
    currency text not null,
    most_per_payment_minor bigint not null check (most_per_payment_minor > 0),
    most_per_period_minor bigint check (most_per_period_minor >= most_per_payment_minor),
    period text check (period in ('day', 'week', 'month', 'year')),
    expires_at timestamptz,
    consent_text_version text not null,
    consent_given_at timestamptz not null,
    consent_address text not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    revoked_by text check (revoked_by in ('payer', 'merchant')),
    check ((period is null) = (most_per_period_minor is null)),
    check ((revoked_at is null) = (revoked_by is null))
);
create index mandates_by_merchant on customers.mandates (merchant_id, id);
create index mandates_by_payment_method on customers.mandates (payment_method_id);

create table customers.mandate_uses (
    mandate_id text collate "C" not null references customers.mandates (id),
    payment_id text collate "C" not null,
    amount_minor bigint not null check (amount_minor > 0),
    used_at timestamptz not null,
    primary key (mandate_id, payment_id)
);
create index mandate_uses_by_time on customers.mandate_uses (mandate_id, used_at);

grant usage on schema customers to tael_app;
grant select, insert on
    customers.customers, customers.payment_methods, customers.mandates, customers.mandate_uses to tael_app;
grant update (detached_at) on customers.payment_methods to tael_app;
grant update (revoked_at, revoked_by) on customers.mandates to tael_app;
