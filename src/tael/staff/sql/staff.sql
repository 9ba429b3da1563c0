-- name: insert_member
insert into staff.members (id, name, email, roles, state, created_at)
values (%(id)s, %(name)s, %(email)s, %(roles)s::text[], %(state)s, %(created_at)s)
on conflict (email) do nothing

-- name: find_member
select id, name, email, roles, state, created_at from staff.members where id = %(id)s

-- name: lock_member
select id, name, email, roles, state, created_at from staff.members where id = %(id)s for no key update

-- name: list_members
-- By id, which is the order in which they came.
select id, name, email, roles, state, created_at
from staff.members
where (%(after)s::text is null or id > %(after)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(role)s::text is null or %(role)s = any(roles))
order by id
limit %(limit)s

-- name: set_member_state
update staff.members set state = %(state)s where id = %(id)s

-- name: set_member_roles
update staff.members set roles = %(roles)s::text[] where id = %(id)s

-- name: insert_key
insert into staff.api_keys (prefix, member_id, hash, created_at)
values (%(prefix)s, %(member_id)s, %(hash)s, %(created_at)s)

-- name: find_key
select k.hash, k.revoked_at, m.id, m.name, m.email, m.roles, m.state, m.created_at
from staff.api_keys k
join staff.members m on m.id = k.member_id
where k.prefix = %(prefix)s

-- name: list_keys
select prefix, member_id, created_at, revoked_at, last_used_at
from staff.api_keys where member_id = %(member_id)s order by created_at, prefix

-- name: revoke_key
update staff.api_keys set revoked_at = coalesce(revoked_at, %(now)s) where prefix = %(prefix)s

-- name: note_use
update staff.api_keys k set last_used_at = %(now)s
from unnest(%(prefixes)s::text[]) as used (prefix)
where k.prefix = used.prefix
