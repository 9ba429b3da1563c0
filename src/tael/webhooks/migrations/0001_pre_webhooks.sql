-- What merchants are told: a log of events, the addresses that they are sent to, and how it went.

create schema if not exists webhooks;

-- One fact as its merchant is told it. Written once; the oldest are forgotten.
create table webhooks.events (
    seq bigint generated always as identity primary key,
    id text collate "C" not null unique,
    merchant_id text collate "C" not null,
    type text collate "C" not null,
    object_id text collate "C" not null,
    object text not null,
    happened_at timestamptz not null,
    api_version text not null,
    created_at timestamptz not null
);
create index events_by_merchant on webhooks.events (merchant_id, seq);
create index events_by_object on webhooks.events (object_id, seq);
comment on column webhooks.events.object is 'as the API showed it when the event was written: JSON, byte for byte what is sent';

create table webhooks.endpoints (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    url text not null,
    events text[] collate "C" not null check (cardinality(events) between 1 and 64),
    description text not null,
    ordered boolean not null,
    state text not null check (state in ('enabled', 'disabled', 'removed')),
    disabled_because text check (disabled_because in ('merchant', 'failing', 'gone')),
    disabled_at timestamptz,
    secret bytea not null,
    secret_made_at timestamptz not null,
    previous_secret bytea,
    previous_until timestamptz,
    failures int not null default 0,
    failing_since timestamptz,
    resting_until timestamptz,
    created_at timestamptz not null
) with (fillfactor = 70);
create index endpoints_by_merchant on webhooks.endpoints (merchant_id, id) where state <> 'removed';
comment on column webhooks.endpoints.secret is 'sealed under a key outside of the database';

-- One event on its way to one endpoint.
create table webhooks.deliveries (
    seq bigint generated always as identity primary key,
    id text collate "C" not null unique,
    endpoint_id text collate "C" not null,
    merchant_id text collate "C" not null,
    event_id text collate "C" not null,
    event_type text not null,
    object_id text collate "C" not null,
    line_id text collate "C" not null,
    state text not null default 'pending' check (state in ('pending', 'succeeded', 'failed')),
    attempts int not null default 0,
    tries int not null default 0,
    next_attempt_at timestamptz not null,
    last_status int,
    last_error text,
    created_at timestamptz not null,
    ended_at timestamptz
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index deliveries_due on webhooks.deliveries (endpoint_id, next_attempt_at, seq) where state = 'pending';
create index deliveries_in_order on webhooks.deliveries (endpoint_id, line_id, seq) where state = 'pending';
create index deliveries_by_endpoint on webhooks.deliveries (endpoint_id, seq);
create index deliveries_by_event on webhooks.deliveries (event_id);
comment on column webhooks.deliveries.next_attempt_at is
    'when it is due; whoever takes it moves this to the end of the lease, after which another may take it';
comment on column webhooks.deliveries.line_id is
    'the object in whose order its fact was told: of a refund, the payment';
comment on column webhooks.deliveries.tries is 'since it was written or sent again by hand: what pauses and giving up count';

create table webhooks.attempts (
    seq bigint generated always as identity primary key,
    delivery_id text collate "C" not null,
    started_at timestamptz not null,
    milliseconds int not null,
    status int,
    error text,
    headers text not null,
    body bytea not null,
    unique (delivery_id, started_at)
);

grant usage on schema webhooks to tael_app;
grant select, insert, delete on webhooks.events to tael_app;
grant select, insert, update on webhooks.endpoints to tael_app;
grant select, insert, update, delete on webhooks.deliveries to tael_app;
grant select, insert, delete on webhooks.attempts to tael_app;
