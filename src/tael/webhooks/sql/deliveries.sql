-- name: insert_deliveries
insert into webhooks.deliveries (
    id, endpoint_id, merchant_id, event_id, event_type, object_id, line_id, next_attempt_at, created_at
)
select id, endpoint_id, merchant_id, event_id, event_type, object_id, line_id, created_at, created_at
from unnest(
    %(id)s::text[], %(endpoint_id)s::text[], %(merchant_id)s::text[], %(event_id)s::text[], %(event_type)s::text[],
    %(object_id)s::text[], %(line_id)s::text[], %(created_at)s::timestamptz[]
) with ordinality as given (
    id, endpoint_id, merchant_id, event_id, event_type, object_id, line_id, created_at, place
)
order by place

-- name: claim_deliveries
-- For each endpoint that has something waiting (found by jumping through the index, not by reading all that waits), what
-- is due, as much as it may have under way. Taken until the lease ends; what another relay is just taking is left to it.
with recursive waiting as (
    select min(endpoint_id) as endpoint_id from webhooks.deliveries where state = 'pending'
    union all
    select (
        select min(d.endpoint_id) from webhooks.deliveries d
        where d.state = 'pending' and d.endpoint_id > w.endpoint_id
    )
    from waiting w
    where w.endpoint_id is not null
), due as (
    select d.seq
    from waiting w
    join webhooks.endpoints e on e.id = w.endpoint_id
    left join unnest(%(busy)s::text[], %(under_way)s::int[]) as b (endpoint_id, under_way)
        on b.endpoint_id = e.id
    cross join lateral (
        select d.seq
        from webhooks.deliveries d
        where d.endpoint_id = e.id and d.state = 'pending' and d.next_attempt_at <= %(now)s
          and (not e.ordered or not exists (
              select from webhooks.deliveries earlier
              where earlier.endpoint_id = d.endpoint_id and earlier.line_id = d.line_id
                and earlier.state = 'pending' and earlier.seq < d.seq
          ))
        order by d.next_attempt_at, d.seq
        limit greatest(
            0, case when e.failures < %(failures)s then %(each)s else 1 end - coalesce(b.under_way, 0)
        )
        for update skip locked
    ) d
    where e.state = 'enabled' and (e.resting_until is null or e.resting_until <= %(now)s)
    limit %(limit)s
), claimed as (
    update webhooks.deliveries d
    set next_attempt_at = %(lease_until)s
    from due
    where d.seq = due.seq
    returning d.seq, d.id, d.endpoint_id, d.event_id, d.tries
)
select c.seq, c.id, c.endpoint_id, c.tries, e.url, e.secret,
    case when e.previous_until > %(now)s then e.previous_secret end as previous_secret,
    v.id as event_id, v.merchant_id, v.type, v.object_id, v.object, v.happened_at, v.api_version, v.created_at
from claimed c
join webhooks.endpoints e on e.id = c.endpoint_id
join webhooks.events v on v.id = c.event_id
order by c.seq

-- name: release_deliveries
-- Not sent after all: due again at once.
update webhooks.deliveries
set next_attempt_at = %(now)s
where seq = any(%(seqs)s::bigint[]) and state = 'pending'

-- name: insert_attempts
-- Recorded again after a COMMIT of which nobody knows whether it took effect, an attempt is there once.
insert into webhooks.attempts (delivery_id, started_at, milliseconds, status, error, headers, body)
select delivery_id, started_at, milliseconds, status, error, headers, body
from unnest(
    %(delivery_id)s::text[], %(started_at)s::timestamptz[], %(milliseconds)s::int[], %(status)s::int[],
    %(error)s::text[], %(headers)s::text[], %(body)s::bytea[]
) as given (delivery_id, started_at, milliseconds, status, error, headers, body)
on conflict (delivery_id, started_at) do nothing

-- name: record_tries
-- A failure counts once: only whoever still knows how often it was tried may say when it is tried next. That it arrived
-- is true whoever says it.
update webhooks.deliveries d
set state = given.state, attempts = d.attempts + 1, tries = d.tries + 1, next_attempt_at = given.next_attempt_at,
    last_status = given.status, last_error = given.error, ended_at = given.ended_at
from unnest(
    %(seq)s::bigint[], %(tries)s::int[], %(state)s::text[], %(next_attempt_at)s::timestamptz[], %(status)s::int[],
    %(error)s::text[], %(ended_at)s::timestamptz[]
) as given (seq, tries, state, next_attempt_at, status, error, ended_at)
where d.seq = given.seq
  and ((d.state = 'pending' and d.tries = given.tries) or (d.state <> 'succeeded' and given.state = 'succeeded'))

-- name: give_up_deliveries
-- What waits for an endpoint that is sent nothing any more.
update webhooks.deliveries
set state = 'failed', ended_at = %(now)s, last_error = coalesce(last_error, 'endpoint_disabled')
where endpoint_id = any(%(endpoint_ids)s::text[]) and state = 'pending'

-- name: find_delivery
select id, merchant_id, endpoint_id, event_id, event_type, object_id, state, attempts, tries, next_attempt_at,
    last_status, last_error, created_at, ended_at
from webhooks.deliveries
where id = %(id)s and merchant_id = %(merchant_id)s

-- name: list_deliveries
select id, merchant_id, endpoint_id, event_id, event_type, object_id, state, attempts, tries, next_attempt_at,
    last_status, last_error, created_at, ended_at
from webhooks.deliveries
where endpoint_id = %(endpoint_id)s and merchant_id = %(merchant_id)s
  and (%(before)s::text is null or seq < (
      select earlier.seq from webhooks.deliveries earlier
      where earlier.id = %(before)s and earlier.endpoint_id = %(endpoint_id)s
  ))
  and (%(state)s::text is null or state = %(state)s)
  and (%(event_id)s::text is null or event_id = %(event_id)s)
order by seq desc
limit %(limit)s

-- name: list_attempts
select delivery_id, started_at, milliseconds, status, error, headers, body
from webhooks.attempts
where delivery_id = %(delivery_id)s
order by started_at
limit %(limit)s

-- name: send_again
-- One that ended, from the beginning of its pauses; its attempts stay.
update webhooks.deliveries
set state = 'pending', tries = 0, next_attempt_at = %(now)s, ended_at = null
where id = %(id)s and state <> 'pending' and event_id in (select id from webhooks.events)

-- name: send_failed_again
-- So many at a time, the oldest first.
update webhooks.deliveries
set state = 'pending', tries = 0, next_attempt_at = %(now)s, ended_at = null
where seq in (
    select seq from webhooks.deliveries
    where endpoint_id = %(endpoint_id)s and state = 'failed' and created_at >= %(since)s
    order by seq
    limit %(limit)s
)
