-- name: insert_rule
insert into routing.rules (
    id, verb, channels, expression, priority, owner, reason, starts_at, ends_at, created_at, created_by, added_in
)
values (
    %(id)s, %(verb)s, %(channels)s::text[], %(expression)s, %(priority)s, %(owner)s, %(reason)s, %(starts_at)s,
    %(ends_at)s, %(created_at)s, %(created_by)s, %(added_in)s
)

-- name: list_rules
-- With `in_force_at` only those that are not over then; without, all.
select id, verb, channels, expression, priority, owner, reason, starts_at, ends_at, created_at, created_by, errors,
    last_error, last_error_at, added_in, ended_in
from routing.rules
where %(in_force_at)s::timestamptz is null or ends_at is null or ends_at > %(in_force_at)s
order by priority desc, id desc

-- name: lock_rule
select id, verb, channels, expression, priority, owner, reason, starts_at, ends_at, created_at, created_by, errors,
    last_error, last_error_at, added_in, ended_in
from routing.rules where id = %(id)s for update

-- name: end_rule
-- A rule that has not begun ends at its beginning: it never counts.
update routing.rules set ends_at = greatest(starts_at, %(now)s), ended_in = %(ended_in)s where id = %(id)s

-- name: count_faults
-- Rows are changed in the order of their ids, so that processes that count at once wait for one another.
with faults as (
    select * from unnest(%(rule_id)s::text[], %(count)s::bigint[], %(message)s::text[]) as f (rule_id, count, message)
), locked as (
    select r.id from routing.rules r where r.id in (select rule_id from faults) order by r.id for update
)
update routing.rules r
set errors = r.errors + f.count, last_error = f.message, last_error_at = %(now)s
from faults f, locked l
where r.id = f.rule_id and l.id = r.id

-- name: lock_rules
-- Changes of the rules come one after another, so that each has its number and knows what it changes.
select pg_advisory_xact_lock(hashtext('routing.rules'))

-- name: latest_change
select number, changed_at, proposal_id, proposed_by, approved_by, note
from routing.rule_changes order by number desc limit 1

-- name: find_change
select number, changed_at, proposal_id, proposed_by, approved_by, note
from routing.rule_changes where number = %(number)s

-- name: list_changes
select number, changed_at, proposal_id, proposed_by, approved_by, note
from routing.rule_changes
where %(before)s::bigint is null or number < %(before)s
order by number desc
limit %(limit)s

-- name: insert_change
insert into routing.rule_changes (number, changed_at, proposal_id, proposed_by, approved_by, note)
values (%(number)s, %(changed_at)s, %(proposal_id)s, %(proposed_by)s, %(approved_by)s, %(note)s)

-- name: rules_after
-- The rules as one change left them: what had come by then, was not ended by then, and was not over.
select id, verb, channels, expression, priority, owner, reason, starts_at, ends_at, created_at, created_by, errors,
    last_error, last_error_at, added_in, ended_in
from routing.rules
where added_in <= %(number)s and (ended_in is null or ended_in > %(number)s)
  and (ended_in is not null or ends_at is null or ends_at > %(at)s)
order by priority desc, id desc
