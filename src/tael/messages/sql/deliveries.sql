-- name: claim_deliveries
-- What is due, the longest due first, as much of each way and urgency as there are places. Taken until the lease ends;
-- what another relay is just taking is left to it. That somebody set out is written before anything is sent.
with due as (
    select d.seq
    from unnest(%(way)s::text[], %(urgency)s::text[], %(places)s::int[]) as place (way, urgency, places)
    cross join lateral (
        select d.seq
        from messages.deliveries d
        where d.way = place.way and d.urgency = place.urgency and d.next_attempt_at <= %(now)s
        order by d.next_attempt_at
        limit place.places
        for update skip locked
    ) d
), claimed as (
    update messages.deliveries d
    set next_attempt_at = %(lease_until)s, begun = d.begun + 1
    from due
    where d.seq = due.seq
    returning d.*
)
select c.seq, c.id, c.message_id, c.user_id, c.template, c.urgency, c.language, c.way, c.address_sealed,
    c.subscription_id, c.state, c.begun, c.tries, c.expires_at, c.created_at, c.sent_at, m.values_sealed
from claimed c
left join messages.messages m on m.id = c.message_id
order by c.seq

-- name: insert_attempts
-- Recorded again after a COMMIT of which nobody knows whether it took effect, an attempt is there once.
insert into messages.attempts (delivery_id, number, started_at, milliseconds, asked, outcome, error)
select delivery_id, number, started_at, milliseconds, asked, outcome, error
from unnest(
    %(delivery_id)s::text[], %(number)s::int[], %(started_at)s::timestamptz[], %(milliseconds)s::int[],
    %(asked)s::boolean[], %(outcome)s::text[], %(error)s::text[]
) as given (delivery_id, number, started_at, milliseconds, asked, outcome, error)
on conflict (delivery_id, started_at, number) do nothing

-- name: record_steps
-- Only whoever set out last may say how it went, and what has ended meanwhile (a receipt was faster) stays as it is.
update messages.deliveries d
set state = given.state, tries = d.begun, next_attempt_at = given.next_attempt_at, error = given.error,
    sent_at = case when given.state in ('sent', 'delivered') then coalesce(d.sent_at, %(now)s) else d.sent_at end,
    ended_at = case when given.next_attempt_at is null then %(now)s end
from unnest(
    %(seq)s::bigint[], %(begun)s::int[], %(state)s::text[], %(next_attempt_at)s::timestamptz[], %(error)s::text[]
) as given (seq, begun, state, next_attempt_at, error)
where d.seq = given.seq and d.begun = given.begun and d.ended_at is null

-- name: record_receipt
-- What a gateway tells by itself: delivered for good, or not.
update messages.deliveries
set state = %(state)s, error = %(error)s, next_attempt_at = null, ended_at = %(now)s,
    sent_at = coalesce(sent_at, %(now)s)
where id = %(id)s and way = %(way)s and state in ('queued', 'sent', 'unknown')
returning message_id

-- name: find_delivery_state
select state from messages.deliveries where id = %(id)s and way = %(way)s

-- name: list_deliveries
select id, message_id, user_id, template, urgency, language, way, address_masked as address, state, error,
    tries as attempts, created_at, next_attempt_at, expires_at, sent_at, ended_at
from messages.deliveries
where (%(before)s::text is null or seq < (select earlier.seq from messages.deliveries earlier where earlier.id = %(before)s))
  and (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(message_id)s::text is null or message_id = %(message_id)s)
  and (%(way)s::text is null or way = %(way)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(urgency)s::text is null or urgency = %(urgency)s)
  and (%(template)s::text is null or template = %(template)s)
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
order by seq desc
limit %(limit)s

-- name: list_attempts
select a.delivery_id, a.number, a.started_at, a.milliseconds, a.asked, a.outcome, a.error
from messages.attempts a
join messages.deliveries d on d.id = a.delivery_id
where d.message_id = %(message_id)s
order by a.seq
limit %(limit)s

-- name: send_again
-- Those that did not arrive, and still have something to say: under the ids that they had, so that a carrier that has one
-- of them after all knows it again. A mail server does not: whoever asks for an unknown mail has decided to send it twice.
update messages.deliveries d
set state = case when d.state = 'unknown' and d.way <> 'email' then 'unknown' else 'queued' end,
    next_attempt_at = %(now)s, ended_at = null, begun = 0, tries = 0, error = null,
    expires_at = greatest(d.expires_at, %(expires_at)s)
from messages.messages m
where m.id = d.message_id and m.values_sealed is not null and d.message_id = %(message_id)s
  and (%(way)s::text is null or d.way = %(way)s)
  and d.state in ('failed', 'unknown', 'skipped') and d.next_attempt_at is null and d.address_sealed is not null
returning d.id

-- name: fail_expired
-- What was to be sent and nobody sent in time, of ways that no relay serves.
update messages.deliveries
set state = 'failed', error = 'expired', next_attempt_at = null, ended_at = %(now)s
where seq in (
    select seq from messages.deliveries
    where state = 'queued' and next_attempt_at is not null and next_attempt_at < %(long_ago)s
      and expires_at < %(long_ago)s
    limit %(limit)s
)
