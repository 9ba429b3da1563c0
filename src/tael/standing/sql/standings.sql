-- name: insert_standing
insert into standing.standings (user_id, state, account_class, steps, opened_at, quiet_since)
values (%(user_id)s, 'active', 'none', %(steps)s::jsonb, %(at)s, %(at)s)
on conflict do nothing

-- name: insert_activity
insert into standing.activity (user_id) values (%(user_id)s) on conflict do nothing

-- name: find_standings
select user_id, person, steps, grants, limits, in_force, opened_at, account_opened_at, quiet_since, closed_at, version,
    account_class, state
from standing.standings where user_id = any(%(user_ids)s)

-- name: share_standings
-- Nobody changes what these users may do until the transaction ends, and what was being changed is waited for. The row
-- says it all: a second table would be read as it was before the wait. In the order of ids, so that batches with users
-- in common never deadlock.
select user_id, person, steps, grants, limits, in_force, opened_at, account_opened_at, quiet_since, closed_at, version,
    account_class, state
from standing.standings where user_id = any(%(user_ids)s)
order by user_id
for share

-- name: lock_standing
select user_id, person, steps, grants, limits, in_force, opened_at, account_opened_at, quiet_since, closed_at, version,
    account_class, state
from standing.standings where user_id = %(user_id)s
for no key update

-- name: save_standing
update standing.standings set
    person = %(person)s, state = %(state)s, account_class = %(account_class)s, steps = %(steps)s::jsonb,
    grants = %(grants)s::jsonb, limits = %(limits)s::jsonb, in_force = %(in_force)s::jsonb,
    account_opened_at = %(account_opened_at)s, quiet_since = %(quiet_since)s, closed_at = %(closed_at)s,
    next_change_at = %(next_change_at)s, version = %(version)s
where user_id = %(user_id)s

-- name: hold_person
-- Until the transaction ends nobody else decides about an account of the same person.
select pg_advisory_xact_lock(hashtextextended('standing.person.' || %(person)s::text, 0))

-- name: others_of_person
-- Whether a person has another account that is open, one of class III among them, and until when they are banned.
select count(*) filter (where s.account_opened_at is not null and s.closed_at is null) > 0 as has_another,
    count(*) filter (where s.account_class = 'III' and s.closed_at is null) > 0 as has_class_three,
    max(r.until) as banned_until
from standing.standings s
left join standing.restrictions r on r.user_id = s.user_id and r.kind = 'account_renting' and r.lifted_at is null
where s.person = %(person)s and s.user_id <> %(user_id)s

-- name: note_activity
-- Once a day for each: only rows of which the day is another are locked, in the order of ids.
with idle as (
    select user_id from standing.activity
    where user_id = any(%(user_ids)s) and (active_on is null or active_on < %(day)s)
    order by user_id
    for no key update
)
update standing.activity a set active_on = %(day)s from idle where a.user_id = idle.user_id

-- name: dormant
-- Accounts without a transaction since they were opened, or verified anew, longer than the rule lets them be.
select s.user_id
from standing.standings s
join standing.activity a on a.user_id = s.user_id
where s.account_opened_at is not null and s.closed_at is null and s.quiet_since <= %(before)s
  and (a.active_on is null or a.active_on < (s.quiet_since at time zone 'Asia/Shanghai')::date)
  and not s.in_force @> '[{"kind": "dormancy"}]'
order by s.user_id
limit %(limit)s

-- name: due_to_turn
-- Those in which something is over.
select user_id from standing.standings
where next_change_at <= %(now)s
order by next_change_at
limit %(limit)s

-- name: insert_history
insert into standing.history (user_id, at, actor, what, reason, about, account_class, state, version)
values (
    %(user_id)s, %(at)s, %(actor)s, %(what)s, %(reason)s, %(about)s, %(account_class)s, %(state)s, %(version)s)

-- name: list_history
select seq, at, actor, what, reason, about, account_class, state
from standing.history
where user_id = %(user_id)s and (%(before)s::bigint is null or seq < %(before)s)
order by seq desc
limit %(limit)s

-- name: insert_evidence
insert into standing.evidence (id, user_id, source, presence, at, valid_until, check_id)
values (%(id)s, %(user_id)s, %(source)s, %(presence)s, %(at)s, %(valid_until)s, %(check_id)s)

-- name: list_evidence
select id, user_id, source, presence, at, valid_until, check_id, withdrawn_at, withdrawn_reason
from standing.evidence where user_id = %(user_id)s order by id

-- name: withdraw_evidence
update standing.evidence set withdrawn_at = %(now)s, withdrawn_reason = %(reason)s
where user_id = %(user_id)s and source = %(source)s and withdrawn_at is null

-- name: insert_signals
insert into standing.signals (user_id, kind, weight, reason, at, id, source, reference, reported_by)
select * from unnest(
    %(user_id)s::text[], %(kind)s::text[], %(weight)s::int[], %(reason)s::text[], %(at)s::timestamptz[],
    %(id)s::text[], %(source)s::text[], %(reference)s::text[], %(reported_by)s::text[])

-- name: find_report
select user_id, kind, weight, reason, at, id, source, reference, reported_by from standing.signals
where user_id = %(user_id)s and kind = %(kind)s and source = %(source)s and reference = %(reference)s

-- name: list_signals
select seq, user_id, kind, weight, reason, at, id, source, reference, reported_by from standing.signals
where user_id = %(user_id)s and (%(before)s::bigint is null or seq < %(before)s)
order by seq desc
limit %(limit)s

-- name: signals_since
select user_id, kind, weight, reason, at from standing.signals
where user_id = %(user_id)s and at > %(since)s
order by at

-- name: list_standings
-- Class and state as the row was written last; the indexes of 0002 lead to the few that are not as most are.
select user_id, account_class, state from standing.standings
where (%(account_class)s::text is null or account_class = %(account_class)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(user_ids)s::text[] is null or user_id = any(%(user_ids)s::text[]))
  and (%(before)s::text is null or user_id < %(before)s)
order by user_id desc
limit %(limit)s
