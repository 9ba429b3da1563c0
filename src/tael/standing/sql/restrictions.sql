-- name: insert_restriction
insert into standing.restrictions (
    id, user_id, kind, takes, amount_minor, currency, reason, hidden, order_number, authority, note, rule, set_by, set_at,
    until, review_by)
values (
    %(id)s, %(user_id)s, %(kind)s, %(takes)s::jsonb, %(amount_minor)s, %(currency)s, %(reason)s, %(hidden)s,
    %(order_number)s, %(authority)s, %(note)s, %(rule)s, %(set_by)s, %(set_at)s, %(until)s, %(review_by)s)

-- name: find_restriction
select id, user_id, kind, takes, amount_minor, currency, reason, hidden, order_number, authority, note, rule, set_by,
    set_at, until, review_by, reviewed_by, reviewed_at, lifted_by, lifted_at, lift_reason, lift_note
from standing.restrictions where id = %(id)s

-- name: list_restrictions
select id, user_id, kind, takes, amount_minor, currency, reason, hidden, order_number, authority, note, rule, set_by,
    set_at, until, review_by, reviewed_by, reviewed_at, lifted_by, lifted_at, lift_reason, lift_note
from standing.restrictions
where (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(kind)s::text is null
    or %(kind)s = case when hidden and not %(in_full)s then 'review' else kind end)
  and (not %(in_force)s or (lifted_at is null and (until is null or until > %(now)s)))
  and (not %(to_review)s or (review_by is not null and reviewed_at is null and lifted_at is null))
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: lift_restriction
update standing.restrictions set lifted_at = %(now)s, lifted_by = %(by)s, lift_reason = %(reason)s, lift_note = %(note)s
where id = %(id)s and lifted_at is null

-- name: lift_restrictions_that_are_over
update standing.restrictions set lifted_at = until, lifted_by = 'platform', lift_reason = 'over'
where id = any(%(ids)s) and lifted_at is null

-- name: prolong_restriction
update standing.restrictions set until = %(until)s where id = %(id)s and lifted_at is null

-- name: review_restriction
update standing.restrictions set reviewed_at = %(now)s, reviewed_by = %(by)s
where id = %(id)s and reviewed_at is null

-- name: restrictions_overdue
-- Told once.
update standing.restrictions set overdue_told_at = %(now)s
where id in (
    select id from standing.restrictions
    where review_by < %(now)s and reviewed_at is null and lifted_at is null and overdue_told_at is null
    order by review_by
    limit %(limit)s
    for update skip locked
)
returning id, user_id, review_by

-- name: insert_request
insert into standing.requests (id, user_id, permission, "limit", wanted, words, asked_at, due_at, state)
values (
    %(id)s, %(user_id)s, %(permission)s, %(limit)s, %(wanted)s, %(words)s, %(asked_at)s, %(due_at)s, 'open')
on conflict (user_id, coalesce(permission, "limit")) where state = 'open' do nothing

-- name: find_request
select id, user_id, permission, "limit", wanted, words, asked_at, due_at, state, decided_by, decided_at, answer,
    overdue_told_at
from standing.requests where id = %(id)s

-- name: list_requests
-- Open ones by what is due first: what is overdue comes before all else.
select id, user_id, permission, "limit", wanted, words, asked_at, due_at, state, decided_by, decided_at, answer,
    overdue_told_at
from standing.requests
where (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(after)s::text is null or (due_at, id) > (select due_at, id from standing.requests where id = %(after)s))
order by due_at, id
limit %(most)s

-- name: list_own_requests
select id, user_id, permission, "limit", wanted, words, asked_at, due_at, state, decided_by, decided_at, answer,
    overdue_told_at
from standing.requests
where user_id = %(user_id)s and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(most)s

-- name: decide_request
update standing.requests set state = %(state)s, decided_by = %(by)s, decided_at = %(now)s, answer = %(answer)s
where id = %(id)s and state = 'open'

-- name: withdraw_requests
-- Their user leaves: nobody has to decide any more.
update standing.requests set state = 'withdrawn', decided_by = %(by)s, decided_at = %(now)s
where user_id = %(user_id)s and state = 'open'

-- name: requests_overdue
-- Told once.
update standing.requests set overdue_told_at = %(now)s
where id in (
    select id from standing.requests
    where due_at < %(now)s and state = 'open' and overdue_told_at is null
    order by due_at
    limit %(limit)s
    for update skip locked
)
returning id, user_id, due_at

-- name: insert_objection
insert into standing.objections (id, user_id, restriction_id, words, made_at, due_at, state)
values (%(id)s, %(user_id)s, %(restriction_id)s, %(words)s, %(made_at)s, %(due_at)s, 'open')
on conflict (restriction_id) where state = 'open' do nothing

-- name: find_objection
select id, user_id, restriction_id, words, made_at, due_at, state, answered_by, answered_at, answer, overdue_told_at
from standing.objections where id = %(id)s

-- name: open_objection_to
select id, user_id, restriction_id, words, made_at, due_at, state, answered_by, answered_at, answer, overdue_told_at
from standing.objections where restriction_id = %(restriction_id)s and state = 'open'

-- name: list_objections
-- Open ones by what is due first: what is overdue comes before all else.
select id, user_id, restriction_id, words, made_at, due_at, state, answered_by, answered_at, answer, overdue_told_at
from standing.objections
where (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(after)s::text is null or (due_at, id) > (select due_at, id from standing.objections where id = %(after)s))
order by due_at, id
limit %(most)s

-- name: list_own_objections
select id, user_id, restriction_id, words, made_at, due_at, state, answered_by, answered_at, answer, overdue_told_at
from standing.objections
where user_id = %(user_id)s and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(most)s

-- name: answer_objection
update standing.objections set state = %(state)s, answered_by = %(by)s, answered_at = %(now)s, answer = %(answer)s
where id = %(id)s and state = 'open'

-- name: objections_overdue
-- Told once.
update standing.objections set overdue_told_at = %(now)s
where id in (
    select id from standing.objections
    where due_at < %(now)s and state = 'open' and overdue_told_at is null
    order by due_at
    limit %(limit)s
    for update skip locked
)
returning id, user_id, due_at
