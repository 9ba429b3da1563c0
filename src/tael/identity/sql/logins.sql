-- name: insert_login
insert into identity.logins (id, email, name, password_hash, password_changed_at, created_at)
values (%(id)s, nullif(%(email)s, ''), %(name)s, %(password_hash)s, %(now)s, %(now)s)
on conflict (email) do nothing

-- name: find_login
select l.id, coalesce(l.email, '') as email, l.name, l.password_hash, l.password_changed_at, l.created_at,
    f.secret_sealed is not null as has_second_factor
from identity.logins l
left join identity.second_factors f on f.login_id = l.id
where l.email = %(email)s or l.id = %(id)s

-- name: set_password
update identity.logins set password_hash = %(password_hash)s, password_changed_at = %(now)s where id = %(id)s

-- name: find_factor
select secret_sealed, offered_sealed from identity.second_factors where login_id = %(login_id)s

-- name: offer_factor
-- What was offered and not confirmed is offered again: a reloaded page shows the same code.
insert into identity.second_factors as f (login_id, offered_sealed)
values (%(login_id)s, %(offered)s)
on conflict (login_id) do update set offered_sealed = coalesce(f.offered_sealed, excluded.offered_sealed)
returning offered_sealed

-- name: confirm_factor
update identity.second_factors
set secret_sealed = offered_sealed, offered_sealed = null, last_step = %(step)s
where login_id = %(login_id)s and offered_sealed = %(offered)s

-- name: use_step
-- Whoever comes second with the same code finds the step taken.
update identity.second_factors set last_step = %(step)s where login_id = %(login_id)s and last_step < %(step)s

-- name: forget_factor
update identity.second_factors set secret_sealed = null, offered_sealed = null where login_id = %(login_id)s

-- name: forget_recovery_codes
delete from identity.recovery_codes where login_id = %(login_id)s

-- name: insert_recovery_codes
insert into identity.recovery_codes (login_id, hash)
select %(login_id)s, given.hash from unnest(%(hashes)s::bytea[]) as given (hash)

-- name: use_recovery_code
update identity.recovery_codes set used_at = %(now)s
where login_id = %(login_id)s and hash = %(hash)s and used_at is null

-- name: count_recovery_codes
select count(*) from identity.recovery_codes where login_id = %(login_id)s and used_at is null

-- name: insert_link
insert into identity.links (id, kind, login_id, token_hash, created_by, created_at, expires_at)
values (%(id)s, %(kind)s, %(login_id)s, %(token_hash)s, %(created_by)s, %(now)s, %(expires_at)s)

-- name: find_link
select id, kind, login_id from identity.links
where token_hash = %(token_hash)s and used_at is null and expires_at > %(now)s

-- name: use_link
update identity.links set used_at = %(now)s where id = %(id)s and used_at is null

-- name: spend_links
update identity.links set used_at = %(now)s where login_id = %(login_id)s and used_at is null

-- name: set_up_of
select
    exists (select from identity.payment_passwords p where p.login_id = %(login_id)s) as has_payment_password,
    (select count(*) from identity.recovery_codes c where c.login_id = %(login_id)s and c.used_at is null)::int
        as recovery_codes_left,
    (select count(*) from identity.passkeys k where k.login_id = %(login_id)s and k.forgotten_at is null)::int as passkeys
