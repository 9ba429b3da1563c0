-- Natural persons: their numbers, names and documents are sealed; blind indexes find them; what is shown is masked.

create schema users;

create table users.users (
    id text collate "C" primary key,
    login_id text collate "C" not null unique,
    state text not null check (state in ('active', 'closed', 'erased')),
    language text not null check (language in ('zh-CN', 'en')),
    phone_sealed bytea,
    phone_index bytea,
    phone_shown text not null,
    agreed text[] not null default '{}',
    registered_at timestamptz not null,
    closed_at timestamptz,
    closed_because text,
    retained_until timestamptz,
    erased_at timestamptz,
    check ((phone_sealed is null) = (phone_index is null)),
    check ((closed_at is null) = (state = 'active')),
    check ((erased_at is null) = (state <> 'erased'))
) with (fillfactor = 80);
create unique index users_by_phone on users.users (phone_index) where state = 'active';
create index users_by_any_phone on users.users (phone_index) where phone_index is not null;
create index users_to_erase on users.users (retained_until) where state = 'closed';
comment on column users.users.agreed is 'what was accepted last of each agreement: name@version';
comment on column users.users.retained_until is 'of a closed one: until when the law asks us to keep what is left';

create table users.people (
    user_id text collate "C" primary key references users.users (id),
    person text collate "C" not null,
    state text not null check (state in ('claimed', 'in_review', 'verified')),
    name_sealed bytea not null,
    name_shown text not null,
    payee_shown text not null,
    kind text not null,
    issued_by text not null,
    number_sealed bytea not null,
    number_index bytea not null,
    number_shown text not null,
    valid_until date,
    first boolean not null,
    claimed_at timestamptz not null,
    verified_at timestamptz,
    warned_days int,
    expired_at timestamptz,
    restriction_id text collate "C"
) with (fillfactor = 80);
create unique index people_by_document on users.people (number_index) where first;
create index people_by_any_document on users.people (number_index);
create index people_by_expiry on users.people (valid_until) where valid_until is not null and expired_at is null;
comment on column users.people.person is 'the same for every user with this document, and says nothing of it';
comment on column users.people.first is 'nobody else who is active has this document; a reviewer has allowed those of whom it is false';
comment on column users.people.restriction_id is 'what standing took because the document has expired, until one that is renewed is verified';
comment on column users.people.warned_days is 'of the last warning: how many days before the document ends it was due';

create table users.acceptances (
    id text collate "C" primary key,
    user_id text collate "C" not null references users.users (id),
    agreement text not null,
    version text not null,
    language text not null,
    digest text not null check (length(digest) = 64),
    address text not null,
    device text not null,
    accepted_at timestamptz not null,
    unique (user_id, agreement, version)
);

create table users.announcements (
    agreement text not null,
    version text not null,
    told_up_to text collate "C" not null,
    finished_at timestamptz,
    primary key (agreement, version)
);
comment on table users.announcements is 'how far the users were told, in the order of their ids, that an agreement changes';

create table users.consents (
    id text collate "C" primary key,
    user_id text collate "C" not null references users.users (id),
    purpose text not null,
    given boolean not null,
    version text not null,
    digest text not null check (length(digest) = 64),
    address text not null,
    device text not null,
    decided_at timestamptz not null
);
create index consents_by_user on users.consents (user_id, purpose, id);

create table users.verifications (
    check_id text collate "C" primary key,
    user_id text collate "C" not null references users.users (id),
    source text not null,
    state text not null check (state in ('pending', 'matched', 'mismatched', 'partial', 'given_up')),
    presence text not null,
    wrong text[] not null default '{}',
    evidence boolean not null default false,
    asked_at timestamptz not null,
    ended_at timestamptz,
    check ((ended_at is null) = (state = 'pending'))
);
create index verifications_by_user on users.verifications (user_id, check_id);
create index verifications_pending on users.verifications (asked_at) where state = 'pending';
comment on column users.verifications.wrong is 'which elements the source did not confirm: their names, never what they were';

create table users.reviews (
    id text collate "C" primary key,
    user_id text collate "C" not null references users.users (id),
    reason text not null,
    state text not null check (state in ('open', 'approved', 'refused', 'expired', 'withdrawn')),
    asked_by text not null,
    asked_at timestamptz not null,
    due_at timestamptz not null,
    other_user_id text collate "C",
    wanted_sealed bytea,
    wanted_shown jsonb not null default '{}',
    looked_by text,
    looked_at timestamptz,
    look_note text,
    ended_by text,
    ended_at timestamptz,
    end_note text,
    check ((looked_by is null) = (looked_at is null)),
    check ((ended_at is null) = (state = 'open'))
) with (fillfactor = 80);
create index reviews_by_user on users.reviews (user_id, id);
create index reviews_open on users.reviews (id) where state = 'open';
create index reviews_due on users.reviews (due_at) where state = 'open';
create unique index reviews_one_of_a_kind on users.reviews (user_id, reason) where state = 'open';

create table users.data_requests (
    id text collate "C" primary key,
    user_id text collate "C" not null references users.users (id),
    kind text not null check (kind in ('export', 'deletion')),
    state text not null check (state in ('asked', 'ready', 'fetched', 'done', 'expired')),
    asked_at timestamptz not null,
    ended_at timestamptz,
    file_sealed bytea,
    file_bytes int,
    good_until timestamptz,
    outcome jsonb not null default '{}'
);
create index data_requests_by_user on users.data_requests (user_id, id);
create index data_requests_open on users.data_requests (id) where state = 'asked';
create unique index data_requests_one_at_a_time on users.data_requests (user_id, kind) where state = 'asked';

create table users.unmaskings (
    id text collate "C" primary key,
    user_id text collate "C" not null references users.users (id),
    by text not null,
    fields text[] not null,
    reason text not null,
    address text not null,
    at timestamptz not null
);
create index unmaskings_by_user on users.unmaskings (user_id, id);

grant usage on schema users to tael_app;
grant select, insert on
    users.users, users.people, users.acceptances, users.announcements, users.consents, users.verifications, users.reviews,
    users.data_requests, users.unmaskings to tael_app;
grant update (
    state, language, phone_sealed, phone_index, phone_shown, agreed, closed_at, closed_because, retained_until, erased_at
) on users.users to tael_app;
grant update, delete on users.people to tael_app;
grant update (told_up_to, finished_at) on users.announcements to tael_app;
grant update (state, wrong, evidence, ended_at) on users.verifications to tael_app;
grant update (
    state, wanted_sealed, wanted_shown, looked_by, looked_at, look_note, ended_by, ended_at, end_note
) on users.reviews to tael_app;
grant update (state, ended_at, file_sealed, file_bytes, good_until, outcome) on users.data_requests to tael_app;
-- What lies longer than the law asks is erased: nobody changes what was agreed, but after ten years it goes.
grant delete on users.acceptances, users.consents, users.verifications, users.reviews, users.data_requests to tael_app;
