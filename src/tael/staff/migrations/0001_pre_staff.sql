-- The people who operate the platform, and their keys.

create schema staff;

create table staff.members (
    id text collate "C" primary key,
    name text not null,
    email text not null unique check (email = lower(email)),
    roles text[] not null check (cardinality(roles) > 0),
    state text not null check (state in ('active', 'suspended')),
    created_at timestamptz not null
);

create table staff.api_keys (
    prefix text collate "C" primary key,
    member_id text collate "C" not null references staff.members (id),
    hash bytea not null,
    created_at timestamptz not null,
    revoked_at timestamptz,
    last_used_at timestamptz
);
create index api_keys_by_member on staff.api_keys (member_id);
comment on column staff.api_keys.hash is 'SHA-256 of the key: 200 random bits need no slow hash';

grant usage on schema staff to tael_app;
grant select, insert on staff.members, staff.api_keys to tael_app;
grant update (roles, state) on staff.members to tael_app;
grant update (revoked_at, last_used_at) on staff.api_keys to tael_app;
