-- Which channels there are, how we speak to each, what was said, and how well it went.

create table channels.channels (
    name text collate "C" primary key check (name ~ '^[a-z][a-z0-9_]{1,31}$'),
    connector text collate "C" not null,
    created_at timestamptz not null
);

-- How a channel is spoken to. Every change is a new row, and was seen by two people.
create table channels.configurations (
    channel text collate "C" not null references channels.channels (name),
    number int not null,
    settings jsonb not null,
    sealed bytea not null,
    proposed_by text not null,
    approved_by text not null,
    active_from timestamptz not null,
    primary key (channel, number)
);
comment on column channels.configurations.sealed is 'the credentials, sealed with a key outside of this database';

-- What was said to and by a channel, masked: for support, and for whoever has to prove it.
create table channels.exchanges (
    id text collate "C" primary key,
    at timestamptz not null,
    channel text collate "C" not null,
    kind text collate "C" not null check (kind in ('call', 'notice', 'feed', 'bill')),
    operation text collate "C" not null,
    number text collate "C" not null,
    state text collate "C" not null,
    error_class text collate "C",
    code text,
    message text,
    milliseconds int not null,
    said text not null,
    heard text not null
);
create index exchanges_by_number on channels.exchanges (number, id) where number <> '';
create index exchanges_by_channel on channels.exchanges (channel, id);
create index exchanges_by_time on channels.exchanges using brin (at);

-- How calls went, by the hour. `latency` counts them by how long they took; the bounds are in channels/model.py.
create table channels.measures (
    channel text collate "C" not null,
    operation text collate "C" not null,
    hour timestamptz not null,
    state text collate "C" not null,
    error_class text collate "C" not null,
    calls bigint not null,
    latency bigint[] not null,
    primary key (channel, hour, operation, state, error_class)
) with (fillfactor = 70);

-- How far what a channel tells was fetched.
create table channels.feeds (
    channel text collate "C" primary key references channels.channels (name),
    cursor text not null,
    leased_until timestamptz,
    fetched_at timestamptz,
    trouble text
);

-- Money that arrived and that nobody was waiting for.
create table channels.unclaimed (
    channel text collate "C" not null,
    notice_id text collate "C" not null,
    channel_reference text,
    amount_minor bigint,
    currency text collate "C",
    payer_hint text,
    heard_at timestamptz not null,
    primary key (channel, notice_id)
);

grant select, insert on channels.channels, channels.configurations, channels.unclaimed to tael_app;
grant select, insert, delete on channels.exchanges to tael_app;
grant select, insert, update on channels.measures, channels.feeds to tael_app;
