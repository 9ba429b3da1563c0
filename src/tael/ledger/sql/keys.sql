-- name: insert_key
insert into ledger.api_keys (prefix, name, permissions, hash, created_at)
values (%(prefix)s, %(name)s, %(permissions)s::text[], %(hash)s, %(created_at)s)

-- name: find_key
select prefix, name, permissions, hash, created_at, revoked_at, last_used_at
from ledger.api_keys where prefix = %(prefix)s

-- name: list_keys
select prefix, name, permissions, created_at, revoked_at, last_used_at
from ledger.api_keys order by created_at, prefix

-- name: revoke_key
update ledger.api_keys set revoked_at = coalesce(revoked_at, %(now)s) where prefix = %(prefix)s

-- name: note_key_use
update ledger.api_keys k set last_used_at = %(now)s
from unnest(%(prefixes)s::text[]) as used (prefix)
where k.prefix = used.prefix
