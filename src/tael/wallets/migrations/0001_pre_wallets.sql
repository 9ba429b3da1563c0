-- Wallets.

create schema wallets;

-- One row a user: whoever spends from the wallet holds its lock, so its counters need none.
create table wallets.wallets (
    user_id text collate "C" primary key,
    opened_at timestamptz not null
);

create table wallets.counters (
    user_id text collate "C" not null,
    period text collate "C" not null,
    kind text collate "C" not null,
    currency text collate "C" not null,
    used_minor bigint not null check (used_minor >= 0),
    used_count int not null check (used_count >= 0),
    primary key (user_id, period, kind, currency)
) with (fillfactor = 70);
comment on table wallets.counters is 'what a user has used of a limit in a period of the calendar of China';

create table wallets.transfers (
    id text collate "C" primary key,
    payer_id text collate "C" not null,
    payee_id text collate "C" not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    state text collate "C" not null check (state in ('on_its_way', 'arrived', 'recalled', 'returned')),
    note text not null,
    code text collate "C",
    static boolean not null default false,
    strength text collate "C" not null,
    created_at timestamptz not null,
    arrives_at timestamptz,
    ended_at timestamptz,
    ended_because text,
    check (payer_id <> payee_id),
    check ((state = 'on_its_way') = (ended_at is null)),
    check (state <> 'on_its_way' or arrives_at is not null)
) with (fillfactor = 95);
create index transfers_by_pair on wallets.transfers (payer_id, payee_id);
create index transfers_due on wallets.transfers (arrives_at) where state = 'on_its_way';
create index transfers_by_code on wallets.transfers (created_at) where code is not null;

create table wallets.orders (
    number text collate "C" primary key,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    subject text not null,
    state text collate "C" not null check (state in ('waiting', 'paid', 'declined', 'closed')),
    user_id text collate "C",
    reason text collate "C",
    strength text collate "C" not null default 'none',
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    refunded_minor bigint not null default 0,
    return_url text not null default '',
    check ((state = 'waiting') = (ended_at is null)),
    check (state <> 'paid' or user_id is not null),
    check (0 <= refunded_minor and refunded_minor <= amount_minor),
    check (refunded_minor = 0 or state = 'paid')
) with (fillfactor = 80);
create index orders_due on wallets.orders (expires_at) where state = 'waiting';

create table wallets.order_refunds (
    number text collate "C" primary key,
    order_number text collate "C" not null references wallets.orders (number),
    user_id text collate "C" not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    reason text not null,
    refunded_at timestamptz not null
);
create index order_refunds_by_order on wallets.order_refunds (order_number);

create table wallets.personal_codes (
    code text collate "C" primary key,
    user_id text collate "C" not null,
    kind text collate "C" not null check (kind in ('static', 'dynamic')),
    amount_minor bigint check (amount_minor > 0),
    currency text collate "C" not null,
    note text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    check ((kind = 'static') = (expires_at is null))
);
create index personal_codes_by_user on wallets.personal_codes (user_id, created_at);
create unique index personal_codes_one_static on wallets.personal_codes (user_id)
    where kind = 'static' and revoked_at is null;
create index personal_codes_due on wallets.personal_codes (expires_at) where expires_at is not null;

create table wallets.code_warnings (
    user_id text collate "C" not null,
    day text collate "C" not null,
    payments int not null,
    warned_at timestamptz not null,
    primary key (user_id, day)
);

-- Of a payment code only the hash lies here: it is as good as money.
create table wallets.payment_codes (
    hash bytea primary key,
    user_id text collate "C" not null,
    login_id text collate "C" not null,
    made_at timestamptz not null,
    accepted_until timestamptz not null,
    used_by text collate "C",
    used_at timestamptz
);
create index payment_codes_due on wallets.payment_codes (accepted_until);
comment on column wallets.payment_codes.used_by is 'the number of the order that was paid with it';

create table wallets.red_packets (
    id text collate "C" primary key,
    owner_id text collate "C" not null,
    kind text collate "C" not null check (kind in ('equal', 'random')),
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    shares int not null check (shares > 0),
    claimed int not null default 0,
    claimed_minor bigint not null default 0,
    state text collate "C" not null check (state in ('open', 'empty', 'returned')),
    greeting text not null,
    only_for text[] collate "C" not null default '{}',
    strength text collate "C" not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    check (0 <= claimed and claimed <= shares),
    check (0 <= claimed_minor and claimed_minor <= amount_minor)
) with (fillfactor = 80);
create index red_packets_due on wallets.red_packets (expires_at) where state = 'open';
create index red_packets_by_owner on wallets.red_packets (owner_id, id);

create table wallets.red_packet_shares (
    packet_id text collate "C" not null references wallets.red_packets (id),
    position int not null,
    amount_minor bigint not null check (amount_minor > 0),
    user_id text collate "C",
    claimed_at timestamptz,
    primary key (packet_id, position),
    check ((user_id is null) = (claimed_at is null))
) with (fillfactor = 80);
create unique index red_packet_shares_once on wallets.red_packet_shares (packet_id, user_id) where user_id is not null;

create table wallets.freezes (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    kind text collate "C" not null check (kind in ('by_user', 'by_risk', 'by_law')),
    amount_minor bigint check (amount_minor > 0),
    currency text collate "C" not null,
    order_number text,
    authority text,
    set_by text not null,
    set_at timestamptz not null,
    until timestamptz,
    lifted_at timestamptz,
    lifted_by text
);
create index freezes_by_user on wallets.freezes (user_id, id);

grant usage on schema wallets to tael_app;
grant select, insert, update on wallets.wallets, wallets.counters, wallets.transfers, wallets.orders, wallets.order_refunds,
    wallets.personal_codes, wallets.code_warnings, wallets.payment_codes, wallets.red_packets, wallets.red_packet_shares,
    wallets.freezes to tael_app;
grant delete on wallets.counters, wallets.personal_codes, wallets.payment_codes to tael_app;
