-- name: insert_channel
insert into channels.channels (name, connector, created_at)
values (%(name)s, %(connector)s, %(created_at)s)
on conflict (name) do nothing

-- name: lock_channel
-- Held until the end of the transaction: two configurations of one channel are written one after the other.
select connector, pg_advisory_xact_lock(hashtextextended('channels ' || name, 0))
from channels.channels where name = %(name)s

-- name: newest_number
select coalesce(max(number), 0) from channels.configurations where channel = %(channel)s

-- name: insert_configuration
insert into channels.configurations (
    channel, number, settings, sealed, proposed_by, approved_by, active_from
) values (
    %(channel)s, %(number)s, %(settings)s::jsonb, %(sealed)s, %(proposed_by)s, %(approved_by)s, %(active_from)s
)

-- name: newest_configuration
select c.name as channel, c.connector, f.number, f.settings, f.sealed, f.proposed_by, f.approved_by, f.active_from
from channels.channels c
join channels.configurations f on f.channel = c.name
where c.name = %(channel)s
order by f.number desc
limit 1

-- name: configurations_in_use
select distinct on (c.name) c.name as channel, c.connector, f.number, f.settings, f.sealed, f.proposed_by,
    f.approved_by, f.active_from
from channels.channels c
join channels.configurations f on f.channel = c.name
order by c.name, f.number desc

-- name: configurations_of
select c.name as channel, c.connector, f.number, f.settings, f.proposed_by, f.approved_by, f.active_from
from channels.channels c
join channels.configurations f on f.channel = c.name
where c.name = %(channel)s
order by f.number desc
limit %(limit)s

-- name: numbers_in_use
select channel, max(number) from channels.configurations group by channel
