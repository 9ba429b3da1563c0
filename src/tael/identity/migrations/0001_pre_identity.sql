-- People who sign in, and how they prove who they are.

create schema identity;

create table identity.logins (
    id text collate "C" primary key,
    email text not null unique check (email = lower(email)),
    name text not null,
    password_hash text not null,
    password_changed_at timestamptz not null,
    created_at timestamptz not null
);
comment on column identity.logins.password_hash is 'Argon2id, with its parameters and salt';

create table identity.second_factors (
    login_id text collate "C" primary key references identity.logins (id),
    secret_sealed bytea,
    last_step bigint not null default 0,
    offered_sealed bytea
);
comment on column identity.second_factors.last_step is 'the half minute whose code was used last: none up to it is taken again';
comment on column identity.second_factors.offered_sealed is 'a new secret that the person has not confirmed with a code yet';

create table identity.recovery_codes (
    login_id text collate "C" not null references identity.logins (id),
    hash bytea not null,
    used_at timestamptz,
    primary key (login_id, hash)
);
comment on column identity.recovery_codes.hash is 'SHA-256 of the code: 80 random bits need no slow hash';

create table identity.sessions (
    id text collate "C" primary key,
    login_id text collate "C" not null references identity.logins (id),
    token_hash bytea not null unique,
    device text not null,
    address text not null,
    acts_for text,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    proven_at timestamptz,
    ended_at timestamptz,
    ended_because text,
    check ((ended_at is null) = (ended_because is null))
) with (fillfactor = 80);
create index sessions_by_login on identity.sessions (login_id, id);
create index sessions_by_age on identity.sessions (created_at);
comment on column identity.sessions.proven_at is 'when a second factor was shown last; null: the password only, so far';
comment on column identity.sessions.acts_for is 'on whose behalf the person acts in this session, in the words of whoever asks';

create table identity.links (
    id text collate "C" primary key,
    kind text not null check (kind in ('reset_password', 'reset_all')),
    login_id text collate "C" not null references identity.logins (id),
    token_hash bytea not null unique,
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

create table identity.tries (
    subject text collate "C" primary key,
    failures int not null,
    last_at timestamptz not null,
    locked_until timestamptz
) with (fillfactor = 80);
create index tries_by_age on identity.tries (last_at);
comment on table identity.tries is 'wrong tries by login and by address; also of logins that do not exist';

grant usage on schema identity to tael_app;
grant select, insert on identity.logins, identity.links to tael_app;
grant update (password_hash, password_changed_at) on identity.logins to tael_app;
grant select, insert, update on identity.second_factors to tael_app;
grant select, insert, update, delete on identity.recovery_codes to tael_app;
grant select, insert, delete on identity.sessions to tael_app;
grant update (acts_for, last_seen_at, proven_at, ended_at, ended_because) on identity.sessions to tael_app;
grant update (used_at) on identity.links to tael_app;
grant select, insert, update, delete on identity.tries to tael_app;
