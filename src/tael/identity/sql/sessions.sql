-- name: insert_session
insert into identity.sessions (
    id, login_id, token_hash, device, address, acts_for, created_at, last_seen_at, proven_at, kind, device_id, proven_with
)
values (
    %(id)s, %(login_id)s, %(token_hash)s, %(device)s, %(address)s, %(acts_for)s, %(created_at)s, %(last_seen_at)s,
    %(proven_at)s, %(kind)s, %(device_id)s, %(proven_with)s
)

-- name: find_session
select id, login_id, device, address, acts_for, created_at, last_seen_at, proven_at, kind, device_id, proven_with
from identity.sessions where id = %(id)s and ended_at is null

-- name: find_presents
-- Of many tokens at once, with whose they are.
select s.token_hash, s.id, s.login_id, s.device, s.address, s.acts_for, s.created_at, s.last_seen_at, s.proven_at, s.kind,
    s.device_id, s.proven_with, coalesce(l.email, '') as email, l.name, l.password_changed_at,
    l.created_at as login_created_at, f.secret_sealed is not null as has_second_factor
from unnest(%(hashes)s::bytea[]) as given (token_hash)
join identity.sessions s on s.token_hash = given.token_hash and s.ended_at is null
join identity.logins l on l.id = s.login_id
left join identity.second_factors f on f.login_id = s.login_id

-- name: list_sessions
select id, login_id, device, address, acts_for, created_at, last_seen_at, proven_at, kind, device_id, proven_with
from identity.sessions
where login_id = %(login_id)s and ended_at is null and proven_at is not null
  and created_at > %(created_after)s and last_seen_at > %(seen_after)s
order by last_seen_at desc, id desc
limit %(limit)s

-- name: see_session
update identity.sessions set last_seen_at = %(now)s where id = %(id)s and last_seen_at < %(now)s

-- name: prove_session
update identity.sessions set proven_at = %(proven_at)s, last_seen_at = %(now)s, proven_with = %(factor)s
where id = %(id)s and ended_at is null

-- name: act_for
update identity.sessions set acts_for = %(acts_for)s where id = %(id)s

-- name: end_session
update identity.sessions set ended_at = %(now)s, ended_because = %(because)s
where id = %(id)s and login_id = %(login_id)s and ended_at is null

-- name: end_sessions
update identity.sessions set ended_at = %(now)s, ended_because = %(because)s
where login_id = %(login_id)s and ended_at is null and id <> %(but)s

-- name: end_sessions_at
update identity.sessions set ended_at = %(now)s, ended_because = %(because)s
where login_id = %(login_id)s and device_id = %(device_id)s and ended_at is null

-- name: forget_sessions
delete from identity.sessions where created_at < %(before)s

-- name: count_try
-- Before anything is compared, so that tries at the same moment are counted, too. No row: nobody may try now.
insert into identity.tries as t (subject, failures, last_at) values (%(subject)s, 1, %(now)s)
on conflict (subject) do update
set failures = case when t.last_at < %(forgotten_before)s then 1 else t.failures + 1 end,
    last_at = %(now)s
where t.locked_until is null or t.locked_until <= %(now)s
returning failures

-- name: locked_until
select locked_until from identity.tries where subject = %(subject)s

-- name: lock_out
update identity.tries set locked_until = %(until)s where subject = %(subject)s

-- name: forget_tries
delete from identity.tries where subject = %(subject)s

-- name: take_try_back
update identity.tries set failures = greatest(failures - 1, 0), locked_until = null where subject = %(subject)s

-- name: forget_old_tries
delete from identity.tries where last_at < %(before)s
