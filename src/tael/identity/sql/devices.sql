-- name: insert_device
insert into identity.devices (id, login_id, token_hash, name, first_seen_at, last_seen_at, trusted_at)
values (%(id)s, %(login_id)s, %(token_hash)s, %(name)s, %(first_seen_at)s, %(last_seen_at)s, %(trusted_at)s)

-- name: find_device
select id, login_id, name, first_seen_at, last_seen_at, trusted_at, revoked_at
from identity.devices where login_id = %(login_id)s and token_hash = %(token_hash)s and revoked_at is null

-- name: list_devices
select id, login_id, name, first_seen_at, last_seen_at, trusted_at, revoked_at
from identity.devices where login_id = %(login_id)s and revoked_at is null
order by last_seen_at desc, id desc
limit %(limit)s

-- name: see_device
-- Trusted once, it stays so until it is revoked.
update identity.devices set last_seen_at = %(now)s, trusted_at = coalesce(trusted_at, %(trusted_at)s)
where id = %(id)s and revoked_at is null
returning id, login_id, name, first_seen_at, last_seen_at, trusted_at, revoked_at

-- name: revoke_device
update identity.devices set revoked_at = %(now)s
where id = %(id)s and login_id = %(login_id)s and revoked_at is null
