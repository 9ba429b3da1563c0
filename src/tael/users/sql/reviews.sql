-- name: insert_review
insert into users.reviews (
    id, user_id, reason, state, asked_by, asked_at, due_at, other_user_id, wanted_sealed, wanted_shown)
values (
    %(id)s, %(user_id)s, %(reason)s, 'open', %(asked_by)s, %(asked_at)s, %(due_at)s, %(other_user_id)s,
    %(wanted_sealed)s, %(wanted_shown)s::jsonb)
on conflict do nothing

-- name: find_review
select id, user_id, reason, state, asked_by, asked_at, due_at, other_user_id, wanted_shown, looked_by, looked_at,
    look_note, ended_by, ended_at, end_note
from users.reviews where id = %(id)s

-- name: lock_review
select id, user_id, reason, state, asked_by, asked_at, due_at, other_user_id, wanted_shown, looked_by, looked_at,
    look_note, ended_by, ended_at, end_note
from users.reviews where id = %(id)s for update

-- name: list_reviews
select id, user_id, reason, state, asked_by, asked_at, due_at, other_user_id, wanted_shown, looked_by, looked_at,
    look_note, ended_by, ended_at, end_note
from users.reviews
where (%(state)s::text is null or state = %(state)s)
  and (%(reason)s::text is null or reason = %(reason)s)
  and (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: wanted_of_review
select wanted_sealed from users.reviews where id = %(id)s and wanted_sealed is not null

-- name: look_at_review
update users.reviews set looked_by = %(by)s, looked_at = %(now)s, look_note = %(note)s
where id = %(id)s and state = 'open'

-- name: end_review
-- What was wanted is kept no longer than somebody has to decide about it.
update users.reviews
set state = %(state)s, ended_by = %(by)s, ended_at = %(now)s, end_note = %(note)s, wanted_sealed = null
where id = %(id)s and state = 'open'

-- name: reviews_overdue
select id, user_id, reason, state, asked_by, asked_at, due_at, other_user_id, wanted_shown, looked_by, looked_at,
    look_note, ended_by, ended_at, end_note
from users.reviews where state = 'open' and due_at <= %(now)s
order by due_at
limit %(limit)s
for update skip locked

-- name: erase_reviews
delete from users.reviews where user_id = %(user_id)s

-- name: users_in_review
select distinct user_id from users.reviews where state = 'open' order by user_id desc limit %(limit)s
