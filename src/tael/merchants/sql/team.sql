-- name: insert_member
insert into merchants.members (
    id, merchant_id, email, name, role, stores, state, login_id, token_hash, token_sealed, invited_by, invited_at,
    expires_at, joined_at
)
values (
    %(id)s, %(merchant_id)s, %(email)s, %(name)s, %(role)s, %(stores)s::text[], %(state)s, %(login_id)s,
    %(token_hash)s, %(token_sealed)s, %(invited_by)s, %(invited_at)s, %(expires_at)s, %(joined_at)s
)

-- name: member_by_email
select id, merchant_id, email, name, role, stores, state, login_id, invited_by, invited_at, expires_at, joined_at
from merchants.members where merchant_id = %(merchant_id)s and email = %(email)s and state <> 'removed'
for no key update

-- name: invite_again
update merchants.members
set role = %(role)s, stores = %(stores)s::text[], token_hash = %(token_hash)s, token_sealed = %(token_sealed)s,
    invited_by = %(invited_by)s, invited_at = %(invited_at)s, expires_at = %(expires_at)s
where id = %(id)s

-- name: lock_team
-- All that are not removed: whoever looks after the last owner must see every other change of the team.
select id, merchant_id, email, name, role, stores, state, login_id, invited_by, invited_at, expires_at, joined_at
from merchants.members where merchant_id = %(merchant_id)s and state <> 'removed'
order by id for no key update

-- name: list_members
select id, merchant_id, email, name, role, stores, state, login_id, invited_by, invited_at, expires_at, joined_at
from merchants.members
where merchant_id = %(merchant_id)s and state <> 'removed' and (%(after)s::text is null or id > %(after)s)
order by id
limit %(limit)s

-- name: member_by_token
select id, merchant_id, email, name, role, stores, state, login_id, invited_by, invited_at, expires_at, joined_at
from merchants.members where token_hash = %(token_hash)s and state = 'invited' and expires_at > %(now)s
for no key update

-- name: invitation_of
select token_sealed from merchants.members where merchant_id = %(merchant_id)s and id = %(id)s and state = 'invited'

-- name: join_team
update merchants.members
set state = 'active', login_id = %(login_id)s, name = %(name)s, joined_at = %(now)s, token_hash = null, token_sealed = null,
    expires_at = null
where id = %(id)s

-- name: change_member
update merchants.members set role = %(role)s, stores = %(stores)s::text[] where id = %(id)s

-- name: remove_member
update merchants.members
set state = 'removed', removed_at = %(now)s, token_hash = null, token_sealed = null where id = %(id)s

-- name: membership
select id, merchant_id, email, name, role, stores, state, login_id, invited_by, invited_at, expires_at, joined_at
from merchants.members where login_id = %(login_id)s and merchant_id = %(merchant_id)s and state = 'active'

-- name: memberships
select id, merchant_id, email, name, role, stores, state, login_id, invited_by, invited_at, expires_at, joined_at
from merchants.members where login_id = %(login_id)s and state = 'active' order by joined_at, id limit %(limit)s
