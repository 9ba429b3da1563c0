-- name: find_person
select user_id, person, state, name_shown, payee_shown, kind, issued_by, number_shown, valid_until, first, claimed_at,
    verified_at, warned_days, expired_at
from users.people where user_id = %(user_id)s

-- name: find_people
select user_id, person, state, name_shown, payee_shown, kind, issued_by, number_shown, valid_until, first, claimed_at,
    verified_at, warned_days, expired_at
from users.people where user_id = any(%(user_ids)s::text[])

-- name: people_with_document
select user_id, person, state, name_shown, payee_shown, kind, issued_by, number_shown, valid_until, first, claimed_at,
    verified_at, warned_days, expired_at
from users.people where number_index = any(%(indexes)s::bytea[])
order by user_id
limit 200

-- name: lock_document
-- Two claims of one document wait for one another.
select pg_advisory_xact_lock(hashtextextended(encode(%(index)s::bytea, 'hex'), 0))

-- name: write_person
insert into users.people (
    user_id, person, state, name_sealed, name_index, name_shown, payee_shown, kind, issued_by, number_sealed, number_index,
    number_shown, valid_until, first, claimed_at)
values (
    %(user_id)s, %(person)s, %(state)s, %(name_sealed)s, %(name_index)s, %(name_shown)s, %(payee_shown)s, %(kind)s, %(issued_by)s,
    %(number_sealed)s, %(number_index)s, %(number_shown)s, %(valid_until)s, %(first)s, %(claimed_at)s)
on conflict (user_id) do update set
    person = excluded.person, state = excluded.state, name_sealed = excluded.name_sealed,
    name_index = excluded.name_index, name_shown = excluded.name_shown, payee_shown = excluded.payee_shown, kind = excluded.kind,
    issued_by = excluded.issued_by, number_sealed = excluded.number_sealed, number_index = excluded.number_index,
    number_shown = excluded.number_shown, valid_until = excluded.valid_until, first = excluded.first,
    claimed_at = excluded.claimed_at, verified_at = null, warned_days = null, expired_at = null

-- name: sealed_person
select name_sealed, number_sealed from users.people where user_id = %(user_id)s

-- name: set_person_state
update users.people
set state = %(state)s, verified_at = case when %(state)s = 'verified' then coalesce(verified_at, %(now)s) end
where user_id = %(user_id)s

-- name: forget_person
delete from users.people where user_id = %(user_id)s

-- name: people_with_end
-- Documents that end up to a day, and of which that was not said yet to the end. Of whoever has left none is looked at: what is
-- kept of them is restricted.
select user_id, person, state, name_shown, payee_shown, kind, issued_by, number_shown, valid_until, first, claimed_at,
    verified_at, warned_days, expired_at
from users.people
where valid_until <= %(up_to)s and expired_at is null and state = 'verified' and user_id > %(after)s
  and exists (select from users.users u where u.id = people.user_id and u.state = 'active')
order by user_id
limit %(limit)s

-- name: note_warning
update users.people set warned_days = %(days)s where user_id = %(user_id)s

-- name: note_expiry
update users.people set expired_at = %(now)s, restriction_id = %(restriction_id)s
where user_id = %(user_id)s and expired_at is null

-- name: take_restriction
update users.people as kept set restriction_id = null
from (select user_id, restriction_id from users.people where user_id = %(user_id)s for update) as before
where kept.user_id = before.user_id and before.restriction_id is not null
returning before.restriction_id

-- name: let_document_go
-- Whoever leaves holds it no longer: the same person may come again.
update users.people set first = false where user_id = %(user_id)s
