-- The ways in which payers come to a payment.

create schema checkout;

create table checkout.links (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    code text collate "C" not null unique,
    description text not null,
    amount_minor bigint check (amount_minor > 0),
    least_minor bigint not null check (least_minor > 0),
    most_minor bigint not null check (most_minor >= least_minor),
    currency text collate "C" not null,
    limit_count int check (limit_count > 0),
    open_count int not null default 0 check (open_count >= 0),
    paid_count int not null default 0 check (paid_count >= 0),
    active boolean not null default true,
    store_id text collate "C",
    metadata jsonb not null,
    success_url text,
    tip_percents int[] not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    check (limit_count is null or open_count + paid_count <= limit_count)
) with (fillfactor = 80);
create index links_by_merchant on checkout.links (merchant_id, id);
comment on column checkout.links.open_count is 'how many are just paying with it: each has a session that is open';

create table checkout.static_codes (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    code text collate "C" not null unique,
    name text not null,
    store_id text collate "C",
    terminal_id text collate "C",
    currency text collate "C" not null,
    active boolean not null default true,
    created_at timestamptz not null
);
create index static_codes_by_merchant on checkout.static_codes (merchant_id, id);

create table checkout.sessions (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    state text collate "C" not null check (state in ('open', 'complete', 'expired')),
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    line_items jsonb not null,
    reference text not null,
    description text not null,
    metadata jsonb not null,
    descriptor text,
    capture_method text collate "C" not null,
    methods text[] collate "C" not null,
    customer_id text collate "C",
    success_url text,
    cancel_url text,
    tip_percents int[] not null,
    tip_minor bigint not null default 0 check (tip_minor >= 0),
    payment_id text collate "C" unique,
    ui text collate "C" not null,
    origin text collate "C" not null,
    visit text collate "C",
    payer bytea,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    unique (origin, visit),
    check ((ended_at is null) = (state = 'open')),
    check (state <> 'complete' or payment_id is not null)
) with (fillfactor = 80);
create index sessions_by_merchant on checkout.sessions (merchant_id, id);
create index sessions_due on checkout.sessions (expires_at) where state = 'open' and payment_id is null;
comment on column checkout.sessions.visit is 'tells one visit to a link from another: sent twice, it makes one session';
comment on column checkout.sessions.payer is 'a hash of who pays by a static code, where that is known: their day is counted';

-- What a known payer has paid, or is just paying, by static codes in one day of China.
create table checkout.payer_days (
    payer bytea not null,
    day date not null,
    currency text collate "C" not null,
    amount_minor bigint not null check (amount_minor >= 0),
    primary key (payer, day, currency)
) with (fillfactor = 80);
create index payer_days_by_day on checkout.payer_days (day);

create table checkout.charges (
    payment_id text collate "C" primary key,
    merchant_id text collate "C" not null,
    store_id text collate "C",
    terminal_id text collate "C",
    method text collate "C" not null,
    actor text not null,
    created_at timestamptz not null
);
create index charges_by_merchant on checkout.charges (merchant_id, payment_id);

grant usage on schema checkout to tael_app;
grant select, insert, update on checkout.links, checkout.static_codes, checkout.sessions to tael_app;
grant select, insert, update, delete on checkout.payer_days to tael_app;
grant select, insert on checkout.charges to tael_app;
