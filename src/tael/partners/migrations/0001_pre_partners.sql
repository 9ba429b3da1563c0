-- The way of each channel, its papers and fees, and what has to be done again and again.
-- What happened is only ever written; what may change says so in its grant.

create schema partners;

create table partners.partners (
    channel text collate "C" primary key,
    title text not null,
    state text not null,
    since timestamptz not null,
    share_basis_points int not null default 0 check (share_basis_points between 0 and 10000),
    guard jsonb,
    resumes_to text,
    version int not null default 1,
    opened_at timestamptz not null,
    check (state <> 'canary' or (guard is not null and share_basis_points > 0)),
    check ((state = 'suspended') = (resumes_to is not null))
);

create table partners.steps (
    channel text collate "C" not null references partners.partners,
    step text not null,
    owner text not null,
    begun_at timestamptz not null,
    due_on date,
    done_at timestamptz,
    primary key (channel, step)
);

-- Ticks and their taking back; the latest for each check counts.
create table partners.ticks (
    seq bigint generated always as identity primary key,
    channel text collate "C" not null references partners.partners,
    step text not null,
    name text not null,
    holds boolean not null,
    note text not null,
    ticked_by text not null,
    ticked_at timestamptz not null
);
create index ticks_by_check on partners.ticks (channel, step, name, seq desc);

create table partners.history (
    seq bigint generated always as identity primary key,
    channel text collate "C" not null references partners.partners,
    happened_at timestamptz not null,
    actor text not null,
    what text not null,
    from_state text,
    to_state text,
    note text not null,
    object_id text
);
create index history_by_channel on partners.history (channel, seq);

create table partners.documents (
    id text collate "C" primary key,
    channel text collate "C" not null references partners.partners,
    step text,
    kind text not null,
    name text not null,
    size int not null check (size = octet_length(content)),
    digest text not null check (digest = encode(sha256(content), 'hex')),
    content bytea not null,
    valid_from date,
    valid_until date,
    uploaded_by text not null,
    uploaded_at timestamptz not null,
    ended_on date,
    check (valid_from <= valid_until)
);
create index documents_by_channel on partners.documents (channel, id);

create table partners.acceptances (
    id text collate "C" primary key,
    channel text collate "C" not null references partners.partners,
    document_id text not null references partners.documents,
    connector text not null,
    connector_version text not null,
    promises text not null,
    against text not null,
    passed boolean not null,
    cases int not null,
    failed int not null,
    finished_at timestamptz not null,
    signed_by text not null,
    recorded_by text not null,
    recorded_at timestamptz not null
);
create index acceptances_by_channel on partners.acceptances (channel, id);

create table partners.fee_tables (
    id text collate "C" primary key,
    channel text collate "C" not null references partners.partners,
    effective_from timestamptz not null,
    effective_until timestamptz check (effective_until > effective_from),
    lines jsonb not null,
    proposed_by text not null,
    approved_by text not null check (lower(approved_by) <> lower(proposed_by)),
    approved_at timestamptz not null
);
create index fee_tables_by_channel on partners.fee_tables (channel, id);

create table partners.windows (
    id text collate "C" primary key,
    channel text collate "C" not null references partners.partners,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    reason text not null,
    scheduled_by text not null,
    scheduled_at timestamptz not null,
    cancelled_at timestamptz
);
create index windows_by_channel on partners.windows (channel, ends_at);

create table partners.policy_changes (
    id text collate "C" primary key,
    channel text collate "C" not null references partners.partners,
    title text not null,
    source text not null,
    summary text not null,
    announced_on date not null,
    effective_on date not null,
    state text not null,
    recorded_by text not null,
    recorded_at timestamptz not null,
    reviewed_by text,
    reviewed_at timestamptz,
    decision text not null,
    applied_by text,
    applied_at timestamptz
);
create index policy_changes_by_channel on partners.policy_changes (channel, id);

create table partners.checklists (
    id text collate "C" primary key,
    channel text collate "C" not null references partners.partners,
    name text not null,
    owner text not null,
    items jsonb not null,
    every_days int not null check (every_days > 0),
    next_due_on date not null,
    created_by text not null,
    created_at timestamptz not null,
    retired_at timestamptz
);
create index checklists_by_channel on partners.checklists (channel, id);

create table partners.runs (
    id text collate "C" primary key,
    checklist_id text not null references partners.checklists,
    channel text collate "C" not null,
    name text not null,
    owner text not null,
    items jsonb not null,
    due_on date not null,
    done_at timestamptz,
    unique (checklist_id, due_on)
);
create index runs_by_channel on partners.runs (channel, id);

-- The latest answer to an item counts; earlier ones stay.
create table partners.answers (
    seq bigint generated always as identity primary key,
    run_id text collate "C" not null references partners.runs,
    item int not null,
    result text not null,
    evidence text not null,
    document_id text references partners.documents,
    answered_by text not null,
    answered_at timestamptz not null
);
create index answers_by_run on partners.answers (run_id, item, seq desc);

create table partners.certificates (
    id text collate "C" primary key,
    channel text collate "C" not null references partners.partners,
    name text not null,
    subject text not null,
    serial text not null,
    fingerprint text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    recorded_by text not null,
    recorded_at timestamptz not null,
    replaced_at timestamptz
);
create index certificates_by_channel on partners.certificates (channel, id);

create table partners.drills (
    id text collate "C" primary key,
    channel text collate "C" not null references partners.partners,
    scenario text not null,
    planned_for timestamptz not null,
    planned_by text not null,
    state text not null,
    ran_at timestamptz,
    run_by text,
    recovery_seconds int check (recovery_seconds >= 0),
    findings text not null
);
create index drills_by_channel on partners.drills (channel, id);

create table partners.weights (
    id text collate "C" primary key,
    effective_from timestamptz not null,
    weights jsonb not null,
    proposed_by text not null,
    approved_by text not null check (lower(approved_by) <> lower(proposed_by))
);

-- One row for each distance from a deadline at which somebody was told.
create table partners.reminders (
    seq bigint generated always as identity primary key,
    kind text not null,
    object_id text collate "C" not null,
    channel text collate "C" not null,
    what text not null,
    owner text not null,
    due_at timestamptz not null,
    days_before int not null,
    raised_at timestamptz not null,
    unique (kind, object_id, due_at, days_before)
);

grant usage on schema partners to tael_app;
grant select, insert on all tables in schema partners to tael_app;
grant update (title, state, since, share_basis_points, guard, resumes_to, version) on partners.partners to tael_app;
grant update (owner, begun_at, due_on, done_at) on partners.steps to tael_app;
grant update (ended_on) on partners.documents to tael_app;
grant update (effective_until) on partners.fee_tables to tael_app;
grant update (cancelled_at) on partners.windows to tael_app;
grant update (state, reviewed_by, reviewed_at, decision, applied_by, applied_at)
    on partners.policy_changes to tael_app;
grant update (next_due_on, retired_at) on partners.checklists to tael_app;
grant update (done_at) on partners.runs to tael_app;
grant update (replaced_at) on partners.certificates to tael_app;
grant update (state, ran_at, run_by, recovery_seconds, findings) on partners.drills to tael_app;
