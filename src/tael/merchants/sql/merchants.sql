-- name: insert_merchant
insert into merchants.merchants (id, name, state, fee_basis_points, created_at)
values (%(id)s, %(name)s, %(state)s, %(fee_basis_points)s, %(created_at)s)

-- name: find_merchants
select id, name, state, fee_basis_points, created_at from merchants.merchants where id = any(%(ids)s)

-- name: list_merchants
select id, name, state, fee_basis_points, created_at from merchants.merchants order by id limit %(limit)s

-- name: set_merchant_state
update merchants.merchants set state = %(state)s where id = %(id)s

-- name: insert_key
insert into merchants.api_keys (prefix, merchant_id, hash, created_at)
values (%(prefix)s, %(merchant_id)s, %(hash)s, %(created_at)s)

-- name: find_key
select k.hash, k.revoked_at, m.id, m.name, m.state, m.fee_basis_points, m.created_at
from merchants.api_keys k
join merchants.merchants m on m.id = k.merchant_id
where k.prefix = %(prefix)s

-- name: list_keys
select prefix, merchant_id, created_at, revoked_at, last_used_at
from merchants.api_keys where merchant_id = %(merchant_id)s order by created_at

-- name: revoke_key
update merchants.api_keys set revoked_at = coalesce(revoked_at, %(now)s) where prefix = %(prefix)s

-- name: note_use
update merchants.api_keys k set last_used_at = %(now)s
from unnest(%(prefixes)s::text[]) as used (prefix)
where k.prefix = used.prefix
