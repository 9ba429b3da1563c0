-- What users may do, and why not: one row for each, and beside it what it rests on.

create schema standing;

create table standing.standings (
    user_id text collate "C" primary key,
    person text collate "C",
    state text not null check (state in ('active', 'restricted', 'suspended', 'closed')),
    account_class text not null check (account_class in ('none', 'I', 'II', 'III')),
    steps jsonb not null,
    grants jsonb not null default '[]',
    limits jsonb not null default '{}',
    in_force jsonb not null default '[]',
    opened_at timestamptz not null,
    account_opened_at timestamptz,
    quiet_since timestamptz not null,
    closed_at timestamptz,
    next_change_at timestamptz,
    version bigint not null default 1,
    check ((state = 'closed') = (closed_at is not null))
) with (fillfactor = 70);
create unique index standings_one_class_three on standing.standings (person) where account_class = 'III' and closed_at is null;
create index standings_by_person on standing.standings (person) where person is not null;
create index standings_due on standing.standings (next_change_at) where next_change_at is not null;
create index standings_quiet on standing.standings (quiet_since) where account_opened_at is not null and closed_at is null;
comment on column standing.standings.person is 'tells the accounts of one person from those of others; no name, no number';
comment on column standing.standings.state is 'as it was when the row was written; with account_class, for lists';
comment on column standing.standings.in_force is 'the restrictions that decide, so that one locked row is enough';

create table standing.activity (
    user_id text collate "C" primary key,
    active_on date
);
comment on column standing.activity.active_on is 'the day, in China, of the last transaction';

create table standing.evidence (
    id text collate "C" primary key,
    user_id text collate "C" not null references standing.standings (user_id),
    source text not null,
    presence text not null check (presence in ('remote', 'face_to_face')),
    at timestamptz not null,
    valid_until timestamptz,
    check_id text collate "C",
    withdrawn_at timestamptz,
    withdrawn_reason text,
    check ((withdrawn_at is null) = (withdrawn_reason is null))
);
create index evidence_by_user on standing.evidence (user_id, id);

create table standing.restrictions (
    id text collate "C" primary key,
    user_id text collate "C" not null references standing.standings (user_id),
    kind text not null,
    takes jsonb not null,
    amount_minor bigint check (amount_minor > 0),
    currency text check ((currency is null) = (amount_minor is null)),
    reason text not null,
    hidden boolean not null,
    order_number text,
    authority text,
    note text not null,
    rule text,
    set_by text not null,
    set_at timestamptz not null,
    until timestamptz,
    review_by timestamptz,
    reviewed_by text,
    reviewed_at timestamptz,
    overdue_told_at timestamptz,
    lifted_by text,
    lifted_at timestamptz,
    lift_reason text,
    lift_note text,
    check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null)),
    check ((reviewed_at is null) = (reviewed_by is null)),
    check (lower(reviewed_by) <> lower(set_by))
);
create index restrictions_by_user on standing.restrictions (user_id, id);
create index restrictions_to_review on standing.restrictions (review_by) where reviewed_at is null and lifted_at is null;

create table standing.requests (
    id text collate "C" primary key,
    user_id text collate "C" not null references standing.standings (user_id),
    permission text,
    "limit" text,
    wanted bigint check ((wanted is null) = ("limit" is null)),
    words text not null,
    asked_at timestamptz not null,
    due_at timestamptz not null,
    state text not null check (state in ('open', 'approved', 'refused', 'withdrawn')),
    decided_by text,
    decided_at timestamptz,
    answer text,
    overdue_told_at timestamptz,
    check ((permission is null) <> ("limit" is null)),
    check ((state = 'open') = (decided_at is null))
);
create unique index requests_open on standing.requests (user_id, coalesce(permission, "limit")) where state = 'open';
create index requests_by_user on standing.requests (user_id, id);
create index requests_due on standing.requests (due_at, id) where state = 'open';

create table standing.objections (
    id text collate "C" primary key,
    user_id text collate "C" not null references standing.standings (user_id),
    restriction_id text collate "C" not null references standing.restrictions (id),
    words text not null,
    made_at timestamptz not null,
    due_at timestamptz not null,
    state text not null check (state in ('open', 'granted', 'rejected')),
    answered_by text,
    answered_at timestamptz,
    answer text,
    overdue_told_at timestamptz,
    check ((state = 'open') = (answered_at is null))
);
create unique index objections_open on standing.objections (restriction_id) where state = 'open';
create index objections_by_user on standing.objections (user_id, id);
create index objections_due on standing.objections (due_at, id) where state = 'open';

create table standing.signals (
    seq bigint generated always as identity primary key,
    user_id text collate "C" not null references standing.standings (user_id),
    kind text not null,
    weight int not null,
    reason text not null,
    at timestamptz not null
);
create index signals_by_user on standing.signals (user_id, at);

create table standing.history (
    seq bigint generated always as identity primary key,
    user_id text collate "C" not null,
    at timestamptz not null,
    actor text not null,
    what text not null,
    reason text not null,
    about text collate "C",
    account_class text not null,
    state text not null,
    version bigint not null
);
create index history_by_user on standing.history (user_id, seq);

grant usage on schema standing to tael_app;
grant select, insert, update on standing.standings, standing.activity to tael_app;
grant select, insert on
    standing.evidence, standing.restrictions, standing.requests, standing.objections, standing.signals, standing.history
    to tael_app;
grant update (withdrawn_at, withdrawn_reason) on standing.evidence to tael_app;
grant update (until, reviewed_by, reviewed_at, overdue_told_at, lifted_by, lifted_at, lift_reason, lift_note)
    on standing.restrictions to tael_app;
grant update (state, decided_by, decided_at, answer, overdue_told_at) on standing.requests to tael_app;
grant update (state, answered_by, answered_at, answer, overdue_told_at) on standing.objections to tael_app;
