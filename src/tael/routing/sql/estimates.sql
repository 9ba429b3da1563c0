-- name: lock_estimates
-- One process at a time takes lessons into account; the others leave it to that one.
select pg_try_advisory_xact_lock(hashtext('routing.estimates'))

-- name: take_lessons
with taken as (
    delete from routing.lessons
    where id in (select id from routing.lessons order by id limit %(limit)s)
    returning channel, segment, succeeded
)
select channel, segment, count(*) filter (where succeeded) as successes,
    count(*) filter (where not succeeded) as failures
from taken group by channel, segment order by channel, segment

-- name: list_estimates
select channel, segment, successes, failures, counted_at from routing.estimates

-- name: write_estimates
insert into routing.estimates (channel, segment, successes, failures, counted_at)
select * from unnest(
    %(channel)s::text[], %(segment)s::text[], %(successes)s::double precision[],
    %(failures)s::double precision[], %(counted_at)s::timestamptz[]
)
on conflict (channel, segment) do update
set successes = excluded.successes, failures = excluded.failures, counted_at = excluded.counted_at
