-- Checks of whether people are who they say.

create schema verification;

create table verification.checks (
    id text collate "C" primary key,
    subject text collate "C" not null,
    source text collate "C" not null check (source in (
        'identity_database', 'mobile_operator', 'bank_card', 'document_face', 'video')),
    digest bytea not null,
    state text collate "C" not null check (state in ('matched', 'mismatched', 'partial', 'unknown')),
    reason text collate "C" not null,
    elements text[] not null,
    findings jsonb not null,
    score_percent smallint,
    reference text not null,
    page_url text not null,
    times_asked int not null,
    created_at timestamptz not null,
    next_ask_at timestamptz,
    answered_at timestamptz,
    given_up_at timestamptz,
    check ((next_ask_at is not null) = (state = 'unknown' and given_up_at is null)),
    check ((answered_at is not null) = (state <> 'unknown'))
) with (fillfactor = 80);
comment on column verification.checks.digest is
    'HMAC of source and particulars under a key outside of the database: tells whether a repeat is about the same';
create index checks_by_subject on verification.checks (subject, id);
create index checks_due on verification.checks (next_ask_at) where next_ask_at is not null;

create table verification.questions (
    check_id text collate "C" primary key references verification.checks (id),
    sealed bytea not null
);
comment on table verification.questions is 'particulars of open checks, sealed; gone with the answer';

create table verification.documents_read (
    check_id text collate "C" primary key references verification.checks (id),
    sealed bytea not null,
    read_at timestamptz not null
);
create index documents_read_by_age on verification.documents_read (read_at);

grant usage on schema verification to tael_app;
grant select, insert, update on verification.checks to tael_app;
grant select, insert, update, delete on verification.questions, verification.documents_read to tael_app;
