-- People without an e-mail address: their devices, one-time codes, payment passwords, passkeys, and what they confirm.

alter table identity.logins alter column email drop not null;
comment on column identity.logins.email is 'null: they sign in with something that another context knows';

alter table identity.sessions
    add column kind text not null default 'desk' constraint session_kind check (kind in ('desk', 'visit', 'own')),
    add column device_id text collate "C",
    add column proven_with text;
comment on column identity.sessions.kind is 'desk: of the portal; visit, own: of a user, at any device or at one of their own. It says how long one lasts';
comment on column identity.sessions.proven_with is 'which second factor it was; device: that it was a known one; null: a code of the authenticator';

create table identity.devices (
    id text collate "C" primary key,
    login_id text collate "C" not null references identity.logins (id),
    token_hash bytea not null unique,
    name text not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    trusted_at timestamptz,
    revoked_at timestamptz
) with (fillfactor = 80);
create index devices_by_login on identity.devices (login_id, id);
comment on table identity.devices is 'where a second factor was shown; one that is trusted stands in for it with the next password';

create table identity.one_time_codes (
    about text collate "C" not null,
    purpose text collate "C" not null,
    code_sealed bytea not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (about, purpose)
) with (fillfactor = 80);
create index one_time_codes_by_age on identity.one_time_codes (made_at);
comment on column identity.one_time_codes.about is 'whose, in the words of whoever asks; never a telephone number';
comment on column identity.one_time_codes.code_sealed is 'SHA-256 of the code, sealed: of six digits a hash alone would tell them';

create table identity.code_counts (
    about text collate "C" primary key,
    made int not null,
    since timestamptz not null,
    last_at timestamptz not null
) with (fillfactor = 80);
create index code_counts_by_age on identity.code_counts (last_at);

create table identity.payment_passwords (
    login_id text collate "C" primary key references identity.logins (id),
    hash text not null,
    set_at timestamptz not null
);
comment on column identity.payment_passwords.hash is 'Argon2id, with its parameters and salt';

create table identity.small_amounts (
    login_id text collate "C" primary key references identity.logins (id),
    most_minor bigint not null check (most_minor > 0),
    currency text not null,
    agreed_at timestamptz not null
);
comment on table identity.small_amounts is 'who agreed that small amounts need no confirmation, and how small';

create table identity.passkeys (
    id text collate "C" primary key,
    login_id text collate "C" not null references identity.logins (id),
    credential_id bytea not null unique,
    public_key bytea not null,
    sign_count bigint not null,
    name text not null,
    transports text[] not null,
    is_synced boolean not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    forgotten_at timestamptz
);
create index passkeys_by_login on identity.passkeys (login_id, id);
comment on column identity.passkeys.public_key is 'in COSE; kept when it is forgotten: what it signed can still be checked';
comment on column identity.passkeys.sign_count is 'what the authenticator counted last; 0 of those that do not count';

create table identity.spent_questions (
    hash bytea primary key,
    expires_at timestamptz not null
);
create index spent_questions_by_age on identity.spent_questions (expires_at);
comment on table identity.spent_questions is 'what passkeys were asked and have answered: none is answered twice';

create table identity.confirmations (
    id text collate "C" primary key,
    login_id text collate "C" not null references identity.logins (id),
    session_id text collate "C" not null,
    about bytea not null check (length(about) = 32),
    strength text not null,
    sets jsonb not null,
    words jsonb not null,
    nonce bytea not null,
    shown text[] not null default '{}',
    signature jsonb,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    confirmed_at timestamptz,
    used_at timestamptz
) with (fillfactor = 70);
create index confirmations_by_age on identity.confirmations using brin (made_at);
comment on column identity.confirmations.about is 'SHA-256 of the act: payee, amount, whatever the person saw';
comment on column identity.confirmations.sets is 'each set of factors that is enough';
comment on column identity.confirmations.words is 'what the person saw, masked';
comment on column identity.confirmations.signature is 'of a passkey, over the challenge: SHA-256 of id, nonce and about';

grant update (proven_with) on identity.sessions to tael_app;
grant select, insert on identity.devices to tael_app;
grant update (last_seen_at, trusted_at, revoked_at) on identity.devices to tael_app;
grant select, insert, update, delete on identity.one_time_codes, identity.code_counts to tael_app;
grant select, insert, update, delete on identity.small_amounts to tael_app;
grant select, insert, update on identity.payment_passwords to tael_app;
grant select, insert on identity.passkeys to tael_app;
grant update (sign_count, name, last_used_at, forgotten_at) on identity.passkeys to tael_app;
grant select, insert, delete on identity.spent_questions to tael_app;
grant select, insert, delete on identity.confirmations to tael_app;
grant update (shown, signature, confirmed_at, used_at) on identity.confirmations to tael_app;
