-- What people are told, by which way it reached them, and what they are taught.

create schema if not exists messages;

-- Where a person can be reached, and what they want to hear.
create table messages.people (
    seq bigint generated always as identity unique,
    user_id text collate "C" primary key,
    language text not null,
    phone_sealed bytea,
    phone_masked text,
    email_sealed bytea,
    email_masked text,
    off_ways text[] collate "C" not null default '{}',
    quiet_from int not null check (quiet_from between 0 and 1439),
    quiet_until int not null check (quiet_until between 0 and 1439),
    money_at_night boolean not null,
    created_at timestamptz not null,
    changed_at timestamptz not null
) with (fillfactor = 80);
comment on column messages.people.off_ways is 'switched off: money:sms';

create table messages.push_subscriptions (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    endpoint_hash bytea not null unique,
    address_sealed bytea not null,
    service text not null,
    device text not null,
    created_at timestamptz not null
);
create index push_subscriptions_by_user on messages.push_subscriptions (user_id, id);

create table messages.messages (
    seq bigint generated always as identity unique,
    id text collate "C" primary key,
    user_id text collate "C",
    template text collate "C" not null,
    urgency text not null check (urgency in ('code', 'security', 'money', 'service', 'education')),
    language text not null,
    values_sealed bytea,
    kept boolean not null,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    read_at timestamptz
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
create index messages_of_user on messages.messages (user_id, seq) where kept;
create index messages_unread on messages.messages (user_id) where kept and read_at is null;
create index messages_by_age on messages.messages (created_at);
create index messages_secret on messages.messages (expires_at) where urgency = 'code' and values_sealed is not null;
comment on column messages.messages.values_sealed is 'what it says; of a code forgotten as soon as it was sent';
comment on column messages.messages.kept is 'whether it stands in the person''s list';

-- One message on one way.
create table messages.deliveries (
    seq bigint generated always as identity primary key,
    id text collate "C" not null unique,
    message_id text collate "C" not null,
    user_id text collate "C",
    template text collate "C" not null,
    urgency text not null,
    language text not null,
    way text not null check (way in ('sms', 'email', 'push')),
    address_sealed bytea,
    address_masked text not null,
    subscription_id text collate "C",
    state text not null check (state in ('queued', 'sent', 'delivered', 'failed', 'unknown', 'skipped')),
    begun int not null default 0,
    tries int not null default 0,
    next_attempt_at timestamptz,
    expires_at timestamptz not null,
    error text,
    created_at timestamptz not null,
    sent_at timestamptz,
    ended_at timestamptz
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index deliveries_due on messages.deliveries (way, urgency, next_attempt_at) where next_attempt_at is not null;
create index deliveries_of_message on messages.deliveries (message_id);
create index deliveries_of_user on messages.deliveries (user_id, seq);
create index deliveries_by_age on messages.deliveries (created_at);
comment on column messages.deliveries.next_attempt_at is
    'when something is to be done; whoever takes it moves this to the end of the lease; null: never';
comment on column messages.deliveries.begun is
    'how often somebody set out to send it or to ask; more than tries: how the last time ended was never written down';

create table messages.attempts (
    seq bigint generated always as identity primary key,
    delivery_id text collate "C" not null,
    started_at timestamptz not null,
    milliseconds int not null,
    asked boolean not null,
    outcome text not null,
    error text,
    number int not null,
    unique (delivery_id, started_at, number)
);

-- Tips that were shown before an act.
create table messages.advice (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    moment text collate "C" not null,
    tip text collate "C" not null,
    shown_at timestamptz not null,
    read_at timestamptz
) with (fillfactor = 90);
create index advice_of_user on messages.advice (user_id, moment, shown_at);
create index advice_by_age on messages.advice (shown_at);

-- One tip for everybody, batch after batch.
create table messages.campaigns (
    id text collate "C" primary key,
    tip text collate "C" not null,
    because text not null,
    day date not null,
    state text not null check (state in ('running', 'done')),
    posted int not null default 0,
    last_seq bigint not null default 0,
    started_by text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    unique (tip, because, day)
);
comment on column messages.campaigns.last_seq is 'the person who was told last';

create table messages.quizzes (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    because text collate "C" not null,
    required boolean not null,
    questions text[] collate "C" not null check (cardinality(questions) between 1 and 10),
    tries int not null default 0,
    assigned_at timestamptz not null,
    passed_at timestamptz
) with (fillfactor = 80);
create index quizzes_of_user on messages.quizzes (user_id, id);
create index quizzes_owed on messages.quizzes (user_id) where required and passed_at is null;

-- Every set of answers, for good.
create table messages.quiz_answers (
    id text collate "C" primary key,
    quiz_id text collate "C" not null,
    user_id text collate "C" not null,
    questions text[] collate "C" not null,
    answers int[] not null,
    score int not null,
    passed boolean not null,
    answered_at timestamptz not null
);
create index quiz_answers_of_quiz on messages.quiz_answers (quiz_id);
create index quiz_answers_by_age on messages.quiz_answers (answered_at);

grant usage on schema messages to tael_app;
grant select, insert, update, delete on messages.people, messages.push_subscriptions to tael_app;
grant select, insert, update, delete on messages.messages, messages.deliveries to tael_app;
grant select, insert, delete on messages.attempts to tael_app;
grant select, insert, update, delete on messages.advice to tael_app;
grant select, insert, update on messages.campaigns, messages.quizzes to tael_app;
grant select, insert on messages.quiz_answers to tael_app;
grant delete on messages.quizzes, messages.quiz_answers to tael_app;
