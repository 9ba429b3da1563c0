-- What users do, from where and with what; what is usual for each; warnings about what is not.

create schema behaviour;

-- An address is kept as it is, like that of the audit trail, and forgotten when its time is over. Of what a browser calls
-- itself only its name and system are kept.
create table behaviour.acts (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    kind text not null,
    result text not null,
    at timestamptz not null,
    what text,
    amount_minor bigint,
    currency text,
    counterparty text collate "C",
    address text,
    place text,
    device_id text collate "C",
    browser text,
    system text,
    check ((amount_minor is null) = (currency is null))
) with (autovacuum_vacuum_insert_scale_factor = 0.05);
create index acts_by_user on behaviour.acts (user_id, id);
create index acts_by_time on behaviour.acts using brin (at);
comment on column behaviour.acts.place is 'country of the address, or local';

-- Acts at which no rule has looked yet. It is nearly always empty, so it needs no index.
create table behaviour.unlooked (
    act_id text collate "C" not null
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

create table behaviour.habits (
    user_id text collate "C" primary key,
    as_of timestamptz not null,
    acts int not null,
    places text[] not null,
    devices text[] not null,
    hours int[] not null check (cardinality(hours) = 24),
    amounts jsonb not null,
    payees text[] not null,
    payee_count int not null,
    last_sign_in_at timestamptz
);
comment on table behaviour.habits is 'counted anew from the acts once a day';

create table behaviour.warnings (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    act_id text collate "C" not null unique,
    reasons text[] not null,
    score int not null check (score between 0 and 100),
    follows text not null check (follows in ('nothing', 'warn', 'ask_more', 'restrict')),
    made_at timestamptz not null,
    mine boolean,
    answered_at timestamptz,
    check ((mine is null) = (answered_at is null))
);
create index warnings_by_user on behaviour.warnings (user_id, id);
comment on column behaviour.warnings.mine is 'what the user said: whether it was them';

grant usage on schema behaviour to tael_app;
grant select, insert, update, delete on behaviour.acts to tael_app;
grant select, insert, update, delete on behaviour.unlooked to tael_app;
grant select, insert, update, delete on behaviour.habits to tael_app;
grant select, insert, update, delete on behaviour.warnings to tael_app;
