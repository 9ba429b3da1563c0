-- name: insert_partner
insert into partners.partners (channel, title, state, since, opened_at, version)
values (%(channel)s, %(title)s, %(state)s, %(since)s, %(opened_at)s, 1)
on conflict (channel) do nothing

-- name: find_partner
select channel, title, state, since, share_basis_points, guard, resumes_to, version, opened_at
from partners.partners where channel = %(channel)s

-- name: lock_partner
-- Whoever changes anything of a partner that a decision rests on takes this lock first.
select channel, title, state, since, share_basis_points, guard, resumes_to, version, opened_at
from partners.partners where channel = %(channel)s for no key update

-- name: all_partners
select channel, title, state, since, share_basis_points, guard, resumes_to, version, opened_at
from partners.partners order by channel

-- name: list_partners
-- By name of the channel. A filter that is null lets everything through.
select channel, title, state, since, share_basis_points, guard, resumes_to, version, opened_at
from partners.partners
where (%(after)s::text is null or channel > %(after)s)
  and (%(state)s::text is null or state = %(state)s)
order by channel
limit %(limit)s

-- name: update_partner
update partners.partners
set state = %(state)s, since = %(since)s, share_basis_points = %(share_basis_points)s, guard = %(guard)s::jsonb,
    resumes_to = %(resumes_to)s, version = %(version)s
where channel = %(channel)s

-- name: begin_step
insert into partners.steps (channel, step, owner, begun_at, due_on)
values (%(channel)s, %(step)s, %(owner)s, %(begun_at)s, %(due_on)s)
on conflict (channel, step) do update
set owner = excluded.owner, begun_at = excluded.begun_at, due_on = excluded.due_on, done_at = null

-- name: assign_step
update partners.steps set owner = %(owner)s, due_on = %(due_on)s
where channel = %(channel)s and step = %(step)s
returning channel, step, owner, begun_at, due_on, done_at

-- name: finish_step
update partners.steps set done_at = %(done_at)s where channel = %(channel)s and step = %(step)s

-- name: list_steps
select channel, step, owner, begun_at, due_on, done_at
from partners.steps where channel = %(channel)s

-- name: list_present_steps
-- The step that there is to do, of each of these partners that has one.
select s.channel, s.step, s.owner, s.begun_at, s.due_on, s.done_at
from partners.steps s
join partners.partners p on p.channel = s.channel and p.state = s.step
where s.channel = any(%(channels)s::text[])

-- name: insert_tick
insert into partners.ticks (channel, step, name, holds, note, ticked_by, ticked_at)
values (%(channel)s, %(step)s, %(name)s, %(holds)s, %(note)s, %(ticked_by)s, %(ticked_at)s)

-- name: list_ticks
-- The latest for each check, those that were taken back left out.
select step, name, '' as meaning, ticked_by, ticked_at, note from (
    select distinct on (step, name) step, name, ticked_by, ticked_at, note, holds
    from partners.ticks where channel = %(channel)s
    order by step, name, seq desc
) as latest
where holds

-- name: insert_history
insert into partners.history (channel, happened_at, actor, what, from_state, to_state, note, object_id)
values (%(channel)s, %(happened_at)s, %(actor)s, %(what)s, %(from_state)s, %(to_state)s, %(note)s, %(object_id)s)

-- name: list_history
-- Newest first.
select seq, channel, happened_at, actor, what, from_state, to_state, note, object_id
from partners.history
where channel = %(channel)s
  and (%(before)s::bigint is null or seq < %(before)s)
  and (%(what)s::text is null or what = %(what)s)
order by seq desc
limit %(limit)s

-- name: count_incidents
-- By channel: what was recorded by hand, and canaries that stepped back.
select channel, count(*)
from partners.history
where what in ('partners.record_incident', 'partners.step_back')
group by channel
