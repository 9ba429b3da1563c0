-- Calls that must have one effect, facts on their way to subscribers, and who changed what.

create schema if not exists foundation;

-- A call that carries an Idempotency-Key. The answer is kept byte for byte and never expires.
create table foundation.calls (
    owner text collate "C" not null,
    key text collate "C" not null,
    action text not null,
    fingerprint bytea not null,
    object_id text,
    status smallint,
    body bytea,
    leased_until timestamptz,
    leased_by text,
    called_at timestamptz not null,
    primary key (owner, key),
    check ((status is null) = (body is null))
);
comment on column foundation.calls.fingerprint is
    'eight bytes of hash for each field of the request, so that a mismatch can be named';
comment on column foundation.calls.leased_until is
    'while the answer is missing: until then the first call is at work; after it another may go on';

comment on column foundation.calls.leased_by is
    'the request that does the work: if its COMMIT was in doubt, it knows its own call again';

-- A fact that other contexts must hear of. Written in the transaction that made it true.
create table foundation.outbox (
    seq bigint generated always as identity primary key,
    type text not null,
    object_id text collate "C" not null,
    payload bytea not null,
    published_at timestamptz not null,
    attempts int not null default 0,
    next_attempt_at timestamptz,
    last_error text
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01);
create index outbox_in_backoff on foundation.outbox (object_id, seq) where next_attempt_at is not null;

-- One row for each call that changed something, or was refused while trying.
create table foundation.audit (
    seq bigint generated always as identity primary key,
    happened_at timestamptz not null,
    actor text not null,
    action text not null,
    object_id text,
    result text not null,
    request_id text,
    remote_address text
);
create index audit_by_object on foundation.audit (object_id, seq) where object_id is not null;

grant usage on schema foundation to tael_app;
grant select, insert, update on foundation.calls to tael_app;
grant select, insert, update, delete on foundation.outbox to tael_app;
grant select, insert on foundation.audit to tael_app;
grant select on foundation.migrations to tael_app;
