-- The people of a merchant: who they are (a login of identity), and in which role they are there.

create table merchants.members (
    id text collate "C" primary key,
    merchant_id text collate "C" not null references merchants.merchants (id),
    email text not null check (email = lower(email)),
    name text not null default '',
    role text not null check (role in ('owner', 'finance', 'developer', 'cashier', 'viewer')),
    stores text[] not null default '{}',
    state text not null check (state in ('invited', 'active', 'removed')),
    login_id text collate "C",
    token_hash bytea unique,
    token_sealed bytea,
    invited_by text not null,
    invited_at timestamptz not null,
    expires_at timestamptz,
    joined_at timestamptz,
    removed_at timestamptz,
    check (state <> 'active' or login_id is not null),
    check ((state = 'invited') = (token_hash is not null)),
    check ((token_hash is null) = (token_sealed is null))
);
create unique index members_by_email on merchants.members (merchant_id, email) where state <> 'removed';
create unique index members_by_login on merchants.members (login_id, merchant_id) where state = 'active';
comment on column merchants.members.stores is 'the only stores in which this person acts; empty: everywhere';
comment on column merchants.members.token_sealed is
    'the invitation, so that a repeated request hears the same link; gone once it was accepted';

grant select, insert on merchants.members to tael_app;
grant update (name, role, stores, state, login_id, token_hash, token_sealed, invited_by, invited_at, expires_at,
    joined_at, removed_at) on merchants.members to tael_app;
