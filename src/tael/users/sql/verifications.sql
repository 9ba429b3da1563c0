-- name: insert_verification
insert into users.verifications (check_id, user_id, source, state, presence, asked_at)
values (%(check_id)s, %(user_id)s, %(source)s, 'pending', %(presence)s, %(now)s)
on conflict do nothing

-- name: find_verification
select check_id, user_id, source, state, presence, wrong, evidence, asked_at, ended_at
from users.verifications where check_id = %(check_id)s

-- name: lock_verification
select check_id, user_id, source, state, presence, wrong, evidence, asked_at, ended_at
from users.verifications where check_id = %(check_id)s for update

-- name: end_verification
update users.verifications
set state = %(state)s, wrong = %(wrong)s::text[], evidence = %(evidence)s, ended_at = %(now)s
where check_id = %(check_id)s and state = 'pending'

-- name: verifications_of
select check_id, user_id, source, state, presence, wrong, evidence, asked_at, ended_at
from users.verifications
where user_id = %(user_id)s and (%(before)s::text is null or check_id < %(before)s)
order by check_id desc
limit %(limit)s

-- name: erase_verifications
delete from users.verifications where user_id = %(user_id)s

-- name: pending_verifications
select check_id, user_id, source, state, presence, wrong, evidence, asked_at, ended_at
from users.verifications
where state = 'pending' and asked_at < %(asked_before)s and (%(before)s::text is null or check_id < %(before)s)
order by check_id desc
limit %(limit)s
