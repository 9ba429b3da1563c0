-- name: insert_user
-- Nobody who is active has the number: the index says so. False for whoever was a moment too late.
insert into users.users (
    id, login_id, state, language, phone_sealed, phone_index, phone_shown, agreed, registered_at)
values (
    %(id)s, %(login_id)s, 'active', %(language)s, %(phone_sealed)s, %(phone_index)s, %(phone_shown)s,
    %(agreed)s::text[], %(now)s)
on conflict do nothing

-- name: find_user
select id, login_id, state, language, phone_shown, agreed, registered_at, closed_at, closed_because, retained_until,
    erased_at
from users.users where id = %(id)s

-- name: lock_user
select id, login_id, state, language, phone_shown, agreed, registered_at, closed_at, closed_because, retained_until,
    erased_at
from users.users where id = %(id)s for update

-- name: find_users
select id, login_id, state, language, phone_shown, agreed, registered_at, closed_at, closed_because, retained_until,
    erased_at
from users.users where id = any(%(ids)s::text[])

-- name: user_of_login
select id, login_id, state, language, phone_shown, agreed, registered_at, closed_at, closed_because, retained_until,
    erased_at
from users.users where login_id = %(login_id)s

-- name: users_with_phone
-- Also those who had it: newest first.
select id, login_id, state, language, phone_shown, agreed, registered_at, closed_at, closed_because, retained_until,
    erased_at
from users.users where phone_index = any(%(indexes)s::bytea[])
order by id desc
limit 200

-- name: users_with_name
select u.id, u.login_id, u.state, u.language, u.phone_shown, u.agreed, u.registered_at, u.closed_at, u.closed_because,
    u.retained_until, u.erased_at
from users.people p join users.users u on u.id = p.user_id
where p.name_index = any(%(indexes)s::bytea[])
order by p.user_id desc
limit 200

-- name: list_users
select id, login_id, state, language, phone_shown, agreed, registered_at, closed_at, closed_because, retained_until,
    erased_at
from users.users
where (%(state)s::text is null or state = %(state)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: phone_of
select phone_sealed from users.users where id = %(id)s and phone_sealed is not null

-- name: set_phone
-- Whoever has the number already keeps it: nothing is written then.
update users.users set phone_sealed = %(sealed)s, phone_index = %(index)s, phone_shown = %(shown)s
where id = %(id)s and state = 'active'
  and not exists (
    select from users.users as other
    where other.phone_index = any(%(indexes)s::bytea[]) and other.state = 'active' and other.id <> %(id)s)

-- name: set_language
update users.users set language = %(language)s where id = %(id)s

-- name: set_agreed
update users.users set agreed = %(agreed)s::text[] where id = %(id)s

-- name: close_user
update users.users
set state = 'closed', closed_at = %(now)s, closed_because = %(because)s, retained_until = %(retained_until)s
where id = %(id)s and state = 'active'

-- name: users_to_erase
select id from users.users where state = 'closed' and retained_until <= %(now)s order by retained_until limit %(limit)s

-- name: erase_user
update users.users
set state = 'erased', erased_at = %(now)s, phone_sealed = null, phone_index = null, phone_shown = '', agreed = '{}'
where id = %(id)s and state = 'closed'

-- name: active_after
select id from users.users where state = 'active' and id > %(after)s order by id limit %(limit)s

-- name: ids_of_logins
select login_id, id from users.users where login_id = any(%(login_ids)s::text[])

-- name: users_of_logins
select id, login_id, state, language, phone_shown, agreed, registered_at, closed_at, closed_because, retained_until,
    erased_at
from users.users where login_id = any(%(login_ids)s::text[])
