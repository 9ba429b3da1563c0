-- Rules, decisions, and what was learnt from them.

create schema routing;

-- Each change of the rules: one number, some rules that came and some that ended. It only grows.
create table routing.rule_changes (
    number bigint primary key check (number > 0),
    changed_at timestamptz not null,
    proposal_id text collate "C" unique,
    proposed_by text not null,
    approved_by text not null,
    note text not null
);

create table routing.rules (
    id text collate "C" primary key,
    verb text collate "C" not null check (verb in ('only', 'never', 'prefer')),
    channels text[] collate "C" not null,
    expression text not null check (length(expression) <= 500),
    priority int not null,
    owner text not null,
    reason text not null,
    starts_at timestamptz not null check (starts_at >= '2000-01-01Z' and starts_at < '2200-01-01Z'),
    ends_at timestamptz check (ends_at < '2200-01-01Z'),
    created_at timestamptz not null,
    created_by text not null,
    errors bigint not null default 0,
    last_error text not null default '',
    last_error_at timestamptz,
    added_in bigint not null references routing.rule_changes,
    ended_in bigint references routing.rule_changes check (ended_in > added_in),
    check (ends_at is null or ends_at >= starts_at)
);

-- One decision for each attempt, refund or payout. Its result is the only thing that is written later, once.
create table routing.decisions (
    id text collate "C" primary key,
    subject text collate "C" not null unique,
    purpose text collate "C" not null check (purpose in ('pay', 'pay_out', 'refund')),
    decided_at timestamptz not null,
    policy text not null,
    segment text collate "C" not null,
    turn bigint not null,
    merchant_id text collate "C" not null,
    amount_minor bigint not null,
    currency text collate "C" not null,
    wanted jsonb not null,
    candidates jsonb not null,
    chosen text collate "C" not null,
    probability double precision not null check (probability > 0 and probability <= 1),
    succeeded boolean,
    error_class text collate "C",
    seconds double precision,
    learnt_at timestamptz
) with (fillfactor = 85);
create index decisions_by_merchant on routing.decisions (merchant_id, id);
create index decisions_by_time on routing.decisions (decided_at, id);

-- Results that the estimates do not hold yet. Whoever records a result only adds a row here: were it to change the
-- estimate itself, all payments of a channel would wait for one row.
create table routing.lessons (
    id bigint generated always as identity primary key,
    channel text collate "C" not null,
    segment text collate "C" not null,
    succeeded boolean not null
);

create table routing.estimates (
    channel text collate "C" not null,
    segment text collate "C" not null,
    successes double precision not null check (successes >= 0),
    failures double precision not null check (failures >= 0),
    counted_at timestamptz not null,
    primary key (channel, segment)
) with (fillfactor = 70);

grant usage on schema routing to tael_app;
grant select, insert on routing.rule_changes, routing.rules, routing.decisions to tael_app;
grant update (ends_at, ended_in, errors, last_error, last_error_at) on routing.rules to tael_app;
grant update (succeeded, error_class, seconds, learnt_at), delete on routing.decisions to tael_app;
grant select, insert, delete on routing.lessons to tael_app;
grant select, insert, update on routing.estimates to tael_app;
