-- name: forget_sessions_of
delete from identity.sessions where login_id = %(login_id)s

-- name: forget_devices_of
delete from identity.devices where login_id = %(login_id)s

-- name: forget_payment_password_of
delete from identity.payment_passwords where login_id = %(login_id)s

-- name: forget_factor_of
delete from identity.second_factors where login_id = %(login_id)s

-- name: forget_views_of
delete from identity.saved_views where login_id = %(login_id)s

-- name: forget_tries_of
delete from identity.tries where subject = any(%(subjects)s::text[])

-- name: forget_passkeys_of
-- Nobody signs in with them any more; the public key stays as long as what it signed.
update identity.passkeys set forgotten_at = coalesce(forgotten_at, %(now)s), name = '' where login_id = %(login_id)s

-- name: empty_login
-- The row stays, for others point at it; no password fits.
update identity.logins set name = '', password_hash = '', password_changed_at = %(now)s where id = %(id)s

-- name: erase_passkeys_of
delete from identity.passkeys where login_id = %(login_id)s

-- name: erase_confirmations_of
delete from identity.confirmations where login_id = %(login_id)s

-- name: confirmations_of
-- What somebody confirmed, the newest first.
select id, words, made_at, confirmed_at, used_at
from identity.confirmations
where login_id = %(login_id)s and used_at is not null
order by id desc
limit %(limit)s
