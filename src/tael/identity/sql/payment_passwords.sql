-- name: find_payment_password
select hash from identity.payment_passwords where login_id = %(login_id)s

-- name: set_payment_password
insert into identity.payment_passwords (login_id, hash, set_at) values (%(login_id)s, %(hash)s, %(now)s)
on conflict (login_id) do update set hash = excluded.hash, set_at = excluded.set_at

-- name: find_small_amounts
select login_id, most_minor, currency, agreed_at from identity.small_amounts
where login_id = any(%(login_ids)s::text[])

-- name: set_small_amounts
insert into identity.small_amounts (login_id, most_minor, currency, agreed_at)
values (%(login_id)s, %(most_minor)s, %(currency)s, %(now)s)
on conflict (login_id) do update
set most_minor = excluded.most_minor, currency = excluded.currency, agreed_at = excluded.agreed_at

-- name: forget_small_amounts
delete from identity.small_amounts where login_id = %(login_id)s

-- name: logins_to_be_wary_of
select id from identity.logins where id = any(%(login_ids)s::text[]) and wary_since > %(since)s

-- name: passkey_made_in_doubt
select p.id from identity.passkeys p
join identity.logins l on l.id = p.login_id
where p.id = %(id)s and p.created_at > %(since)s and l.wary_since > %(since)s

-- name: be_wary
update identity.logins set wary_since = %(now)s where id = %(login_id)s
