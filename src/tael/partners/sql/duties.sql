-- name: insert_window
insert into partners.windows (id, channel, starts_at, ends_at, reason, scheduled_by, scheduled_at)
values (%(id)s, %(channel)s, %(starts_at)s, %(ends_at)s, %(reason)s, %(scheduled_by)s, %(scheduled_at)s)

-- name: find_window
select id, channel, starts_at, ends_at, reason, scheduled_by, scheduled_at, cancelled_at
from partners.windows where id = %(id)s for no key update

-- name: cancel_window
update partners.windows set cancelled_at = %(cancelled_at)s where id = %(id)s

-- name: windows_ahead
-- Those that have not ended, of all channels.
select id, channel, starts_at, ends_at, reason, scheduled_by, scheduled_at, cancelled_at
from partners.windows
where cancelled_at is null and ends_at > %(now)s
order by starts_at, id

-- name: list_windows
-- Newest first.
select id, channel, starts_at, ends_at, reason, scheduled_by, scheduled_at, cancelled_at
from partners.windows
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(ends_after)s::timestamptz is null or (ends_at > %(ends_after)s and cancelled_at is null))
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: insert_policy_change
insert into partners.policy_changes
    (id, channel, title, source, summary, announced_on, effective_on, state, recorded_by, recorded_at, decision)
values
    (%(id)s, %(channel)s, %(title)s, %(source)s, %(summary)s, %(announced_on)s, %(effective_on)s, %(state)s,
     %(recorded_by)s, %(recorded_at)s, '')

-- name: find_policy_change
select id, channel, title, source, summary, announced_on, effective_on, state, recorded_by, recorded_at,
    reviewed_by, reviewed_at, decision, applied_by, applied_at
from partners.policy_changes where id = %(id)s for no key update

-- name: update_policy_change
update partners.policy_changes
set state = %(state)s, reviewed_by = %(reviewed_by)s, reviewed_at = %(reviewed_at)s, decision = %(decision)s,
    applied_by = %(applied_by)s, applied_at = %(applied_at)s
where id = %(id)s

-- name: list_policy_changes
-- Newest first.
select id, channel, title, source, summary, announced_on, effective_on, state, recorded_by, recorded_at,
    reviewed_by, reviewed_at, decision, applied_by, applied_at
from partners.policy_changes
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: insert_checklist
insert into partners.checklists
    (id, channel, name, owner, items, every_days, next_due_on, created_by, created_at)
values
    (%(id)s, %(channel)s, %(name)s, %(owner)s, %(items)s::jsonb, %(every_days)s, %(next_due_on)s, %(created_by)s,
     %(created_at)s)

-- name: find_checklist
select id, channel, name, owner, items, every_days, next_due_on, created_by, created_at, retired_at
from partners.checklists where id = %(id)s for no key update

-- name: retire_checklist
update partners.checklists set retired_at = %(retired_at)s where id = %(id)s

-- name: list_checklists
-- Newest first.
select id, channel, name, owner, items, every_days, next_due_on, created_by, created_at, retired_at
from partners.checklists
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: checklists_due
-- In the order of their ids, so that two workers wait for one another.
select id, channel, name, owner, items, every_days, next_due_on, created_by, created_at, retired_at
from partners.checklists
where retired_at is null and next_due_on <= %(until)s
order by id
for no key update

-- name: insert_run
insert into partners.runs (id, checklist_id, channel, name, owner, items, due_on)
values (%(id)s, %(checklist_id)s, %(channel)s, %(name)s, %(owner)s, %(items)s::jsonb, %(due_on)s)
on conflict (checklist_id, due_on) do nothing

-- name: set_next_due
update partners.checklists set next_due_on = %(next_due_on)s where id = %(id)s

-- name: find_run
select id, checklist_id, channel, name, owner, items, due_on, done_at
from partners.runs where id = %(id)s for no key update

-- name: answers_of_runs
select distinct on (run_id, item) run_id, item, result, evidence, document_id, answered_by, answered_at
from partners.answers where run_id = any(%(ids)s::text[])
order by run_id, item, seq desc

-- name: insert_answer
insert into partners.answers (run_id, item, result, evidence, document_id, answered_by, answered_at)
values (%(run_id)s, %(item)s, %(result)s, %(evidence)s, %(document_id)s, %(answered_by)s, %(answered_at)s)

-- name: finish_run
update partners.runs set done_at = %(done_at)s where id = %(id)s

-- name: list_runs
-- Newest first.
select id, checklist_id, channel, name, owner, items, due_on, done_at
from partners.runs
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(due_before)s::date is null or (due_on < %(due_before)s and done_at is null))
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: insert_drill
insert into partners.drills (id, channel, scenario, planned_for, planned_by, state, findings)
values (%(id)s, %(channel)s, %(scenario)s, %(planned_for)s, %(planned_by)s, %(state)s, '')

-- name: find_drill
select id, channel, scenario, planned_for, planned_by, state, ran_at, run_by, recovery_seconds, findings
from partners.drills where id = %(id)s for no key update

-- name: update_drill
update partners.drills
set state = %(state)s, ran_at = %(ran_at)s, run_by = %(run_by)s, recovery_seconds = %(recovery_seconds)s,
    findings = %(findings)s
where id = %(id)s

-- name: list_drills
-- Newest first.
select id, channel, scenario, planned_for, planned_by, state, ran_at, run_by, recovery_seconds, findings
from partners.drills
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: deadlines
-- All that is due before a moment, soonest first, of channels that are not retired. Days end at midnight in China.
select d.kind, d.object_id, d.channel, d.what, d.owner, d.due_at
from (
    select 'certificate' as kind, id as object_id, channel, name as what, '' as owner, ends_at as due_at
    from partners.certificates where replaced_at is null
    union all
    -- Those in what channels are told; one that was handed in as well is named once, as whoever did it named it.
    select 'certificate', t.id, t.channel, t.what, '', t.ends_at
    from unnest(%(ids)s::text[], %(channels)s::text[], %(whats)s::text[], %(fingerprints)s::text[],
        %(ends)s::timestamptz[]) as t (id, channel, what, fingerprint, ends_at)
    where not exists (
        select from partners.certificates c
        where c.channel = t.channel and c.fingerprint = t.fingerprint and c.replaced_at is null
    )
    union all
    select 'document', id, channel, kind || ': ' || name, '',
        (valid_until + 1)::timestamptz - interval '8 hours'
    from partners.documents where valid_until is not null and ended_on is null
    union all
    select 'step', s.channel || ':' || s.step, s.channel, s.step, s.owner,
        (s.due_on + 1)::timestamptz - interval '8 hours'
    from partners.steps s
    join partners.partners p on p.channel = s.channel and p.state = s.step
    where s.due_on is not null
    union all
    select 'policy_change', id, channel, title, coalesce(reviewed_by, ''),
        effective_on::timestamptz - interval '8 hours'
    from partners.policy_changes where state in ('announced', 'reviewed')
    union all
    select 'run', id, channel, name, owner, (due_on + 1)::timestamptz - interval '8 hours'
    from partners.runs where done_at is null
    union all
    select 'drill', id, channel, scenario, planned_by, planned_for
    from partners.drills where state = 'planned'
) as d
join partners.partners p on p.channel = d.channel
where p.state <> 'retired'
  and d.due_at < %(until)s
  and (%(channel)s::text is null or d.channel = %(channel)s)
  and (%(kind)s::text is null or d.kind = %(kind)s)
  and (%(after_due)s::timestamptz is null or (d.due_at, d.kind, d.object_id) >
      (%(after_due)s, %(after_kind)s::text, %(after_id)s::text))
order by d.due_at, d.kind, d.object_id
limit %(limit)s

-- name: insert_reminder
insert into partners.reminders (kind, object_id, channel, what, owner, due_at, days_before, raised_at)
values (%(kind)s, %(object_id)s, %(channel)s, %(what)s, %(owner)s, %(due_at)s, %(days_before)s, %(raised_at)s)
on conflict (kind, object_id, due_at, days_before) do nothing

-- name: list_reminders
-- Newest first.
select seq, kind, object_id, channel, what, owner, due_at, days_before, raised_at
from partners.reminders
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(before)s::bigint is null or seq < %(before)s)
order by seq desc
limit %(limit)s
