-- name: insert_key
insert into merchants.api_keys
    (prefix, merchant_id, hash, name, publishable, scopes, addresses, must_sign, expires_at, version,
     reads_per_second, changes_per_second, created_at)
select %(prefix)s, m.id, %(hash)s, %(name)s, %(publishable)s, %(scopes)s::text[], %(addresses)s::text[], %(must_sign)s,
    %(expires_at)s, %(version)s, %(reads_per_second)s, %(changes_per_second)s, %(created_at)s
from merchants.merchants m
where m.id = %(merchant_id)s

-- name: lock_merchant_of_keys
-- Of two who make the last key that may be, one waits here; what it counts afterwards has the other's.
select id from merchants.merchants where id = %(merchant_id)s for no key update

-- name: count_live_keys
-- A statement of its own: one that waits for a lock goes on with what it saw before.
select count(*) from merchants.api_keys
where merchant_id = %(merchant_id)s and revoked_at is null and (expires_at is null or expires_at > %(now)s)

-- name: open_key
select k.hash, k.old_hash, m.state as merchant_state, k.prefix, k.merchant_id, k.name, k.publishable, k.scopes, k.addresses,
    k.must_sign, k.expires_at, k.version, k.reads_per_second, k.changes_per_second, k.created_at, k.revoked_at,
    k.rotated_at, k.old_secret_until, k.last_used_at, k.last_used_from
from merchants.api_keys k
join merchants.merchants m on m.id = k.merchant_id
where k.prefix = %(prefix)s

-- name: lock_key
select prefix, merchant_id, name, publishable, scopes, addresses, must_sign, expires_at, version, reads_per_second,
    changes_per_second, created_at, revoked_at, rotated_at, old_secret_until, last_used_at, last_used_from
from merchants.api_keys
where prefix = %(prefix)s and (%(merchant_id)s::text is null or merchant_id = %(merchant_id)s)
for update

-- name: list_keys
-- Newest first; `after` is the last key of the page before.
select prefix, merchant_id, name, publishable, scopes, addresses, must_sign, expires_at, version, reads_per_second,
    changes_per_second, created_at, revoked_at, rotated_at, old_secret_until, last_used_at, last_used_from
from merchants.api_keys
where merchant_id = %(merchant_id)s
  and (%(prefix)s::text is null or prefix = %(prefix)s)
  and (%(after)s::text is null or (created_at, prefix) < (
      select created_at, prefix from merchants.api_keys where prefix = %(after)s and merchant_id = %(merchant_id)s
  ))
order by created_at desc, prefix desc
limit %(limit)s

-- name: change_key
update merchants.api_keys
set name = %(name)s, addresses = %(addresses)s::text[], must_sign = %(must_sign)s, version = %(version)s
where prefix = %(prefix)s

-- name: rotate_key
update merchants.api_keys
set old_hash = case when %(old_secret_until)s::timestamptz is null then null else hash end,
    old_secret_until = %(old_secret_until)s, hash = %(hash)s, rotated_at = %(now)s
where prefix = %(prefix)s

-- name: revoke_key
update merchants.api_keys set revoked_at = coalesce(revoked_at, %(now)s) where prefix = %(prefix)s

-- name: note_use
update merchants.api_keys k set last_used_at = %(now)s, last_used_from = coalesce(used.address, k.last_used_from)
from unnest(%(prefixes)s::text[], %(addresses)s::text[]) as used (prefix, address)
where k.prefix = used.prefix

-- name: insert_signing_key
insert into merchants.signing_keys (id, prefix, name, algorithm, public_key, created_at)
values (%(id)s, %(prefix)s, %(name)s, %(algorithm)s, %(public_key)s, %(created_at)s)

-- name: list_signing_keys
select id, prefix, name, algorithm, public_key, created_at, revoked_at
from merchants.signing_keys
where prefix = any(%(prefixes)s)
order by created_at, id

-- name: revoke_signing_key
update merchants.signing_keys set revoked_at = coalesce(revoked_at, %(now)s)
where id = %(id)s and prefix = %(prefix)s
