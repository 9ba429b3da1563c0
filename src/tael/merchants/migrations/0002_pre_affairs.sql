-- How merchants come in, what they pay, and how they stand. Everything here only adds; a merchant that was registered
-- before is active or suspended as it was, and pays the rate that it paid.

alter table merchants.merchants
    drop constraint merchants_state_check,
    add constraint merchants_state_check
        check (state in ('applying', 'active', 'suspended', 'closing', 'closed')) not valid,
    add column version int not null default 1,
    add column state_since timestamptz,
    add column state_reason text not null default '',
    add column closes_at timestamptz,
    add column risk text check (risk in ('low', 'medium', 'high')),
    add column risk_reasons text not null default '',
    add column risk_review_on date;

create table merchants.fee_terms (
    id text collate "C" primary key,
    terms jsonb not null,
    created_at timestamptz not null
);

create table merchants.fee_plans (
    id text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    effective_from timestamptz not null,
    currency text not null,
    tiers jsonb not null,
    proposed_by text not null,
    approved_by text not null,
    approved_at timestamptz not null
);
create index fee_plans_by_merchant on merchants.fee_plans (merchant_id, effective_from);

create table merchants.promotions (
    id text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    name text not null,
    begins_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > begins_at),
    "default" jsonb,
    by_method jsonb not null,
    proposed_by text not null,
    approved_by text not null,
    approved_at timestamptz not null
);
create index promotions_by_merchant on merchants.promotions (merchant_id, ends_at);

create table merchants.volumes (
    merchant_id text collate "C" not null,
    month text collate "C" not null,
    currency text not null,
    captured_minor bigint not null,
    captures bigint not null,
    primary key (merchant_id, month, currency)
);

create table merchants.applications (
    id text collate "C" primary key,
    merchant_id text collate "C" not null unique references merchants.merchants (id),
    state text not null check (
        state in ('draft', 'submitted', 'in_review', 'changes_requested', 'approved', 'rejected')
    ),
    particulars jsonb not null,
    sealed bytea not null,
    credit_code text collate "C",
    reasons jsonb not null default '[]',
    created_at timestamptz not null,
    submitted_at timestamptz,
    reviewer text,
    decided_at timestamptz,
    decided_by text
);
create index applications_by_state on merchants.applications (state, submitted_at);
create index applications_by_code on merchants.applications (credit_code);
comment on column merchants.applications.particulars is 'Masked; the whole stands in sealed.';

create table merchants.documents (
    id text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    kind text not null,
    name text not null,
    media_type text not null,
    size int not null,
    digest text not null,
    content bytea not null,
    uploaded_by text not null,
    uploaded_at timestamptz not null,
    removed_at timestamptz
);
create index documents_by_merchant on merchants.documents (merchant_id, id);
comment on column merchants.documents.content is 'Sealed.';

create table merchants.signatures (
    id text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    version text not null,
    signed_at timestamptz not null,
    statement text not null,
    signature text not null,
    key text not null
);
create index signatures_by_merchant on merchants.signatures (merchant_id, id);

create table merchants.settlement_settings (
    id text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    effective_from timestamptz not null,
    cycle text not null check (cycle in ('t1', 'd1', 'weekly', 'monthly')),
    minimum_minor bigint not null check (minimum_minor >= 0),
    reserve_basis_points int not null check (reserve_basis_points between 0 and 10000),
    account jsonb,
    account_sealed bytea,
    set_by text not null,
    approved_by text,
    created_at timestamptz not null
);
create index settlement_settings_by_merchant on merchants.settlement_settings (merchant_id, effective_from);
comment on column merchants.settlement_settings.account is 'Masked; the whole stands in account_sealed.';

create table merchants.stores (
    id text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    name text not null,
    address text not null,
    region text not null,
    created_at timestamptz not null,
    closed_at timestamptz
);
create index stores_by_merchant on merchants.stores (merchant_id, id);

create table merchants.terminals (
    id text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    store_id text collate "C" not null references merchants.stores (id),
    serial text collate "C" not null,
    kind text not null,
    name text not null,
    created_at timestamptz not null,
    closed_at timestamptz
);
create index terminals_by_merchant on merchants.terminals (merchant_id, id);
create unique index terminals_in_use on merchants.terminals (merchant_id, serial) where closed_at is null;

create table merchants.history (
    seq bigint generated always as identity primary key,
    merchant_id text collate "C" not null,
    happened_at timestamptz not null,
    actor text not null,
    what text not null,
    from_state text,
    to_state text,
    note text not null default '',
    object_id text
);
create index history_by_merchant on merchants.history (merchant_id, seq);

grant select, insert on merchants.fee_terms, merchants.fee_plans, merchants.promotions, merchants.signatures,
    merchants.settlement_settings, merchants.history to tael_app;
grant select, insert, update on merchants.volumes, merchants.applications, merchants.documents, merchants.stores,
    merchants.terminals to tael_app;
