-- name: insert_passkey
-- So many and no more: the row of the login is locked first.
insert into identity.passkeys (
    id, login_id, credential_id, public_key, sign_count, name, transports, is_synced, created_at
)
select %(id)s, l.id, %(credential_id)s, %(public_key)s, %(sign_count)s, %(name)s, %(transports)s::text[], %(is_synced)s,
    %(created_at)s
from (select id from identity.logins where id = %(login_id)s for no key update) l
where (
    select count(*) from identity.passkeys o where o.login_id = %(login_id)s and o.forgotten_at is null
) < %(most)s
on conflict (credential_id) do nothing

-- name: list_passkeys
select id, login_id, name, is_synced, created_at, last_used_at
from identity.passkeys where login_id = %(login_id)s and forgotten_at is null
order by id

-- name: list_credentials
select credential_id, transports from identity.passkeys where login_id = %(login_id)s and forgotten_at is null order by id

-- name: find_credential
select id, login_id, credential_id, public_key, sign_count
from identity.passkeys where credential_id = %(credential_id)s and forgotten_at is null

-- name: use_passkey
-- Whoever counts, counts up: a copy of the key shows by a count that went back.
update identity.passkeys set sign_count = %(sign_count)s, last_used_at = %(now)s
where id = %(id)s and forgotten_at is null
  and (sign_count < %(sign_count)s or (sign_count = 0 and %(sign_count)s = 0))

-- name: rename_passkey
update identity.passkeys set name = %(name)s where id = %(id)s and login_id = %(login_id)s and forgotten_at is null

-- name: forget_passkey
update identity.passkeys set forgotten_at = %(now)s
where id = %(id)s and login_id = %(login_id)s and forgotten_at is null
returning name

-- name: spend_question
insert into identity.spent_questions (hash, expires_at) values (%(hash)s, %(expires_at)s)
on conflict (hash) do nothing

-- name: forget_questions
delete from identity.spent_questions where expires_at < %(before)s
