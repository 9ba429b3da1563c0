-- name: insert_events
insert into foundation.outbox (type, object_id, payload, published_at)
select * from unnest(%(types)s::text[], %(object_ids)s::text[], %(payloads)s::bytea[], %(times)s::timestamptz[])

-- name: next_events
-- The oldest events that may go: not in backoff, and not behind an event of their object that is.
select o.seq, o.type, o.payload, o.attempts
from foundation.outbox o
where (o.next_attempt_at is null or o.next_attempt_at <= %(now)s)
  and not exists (
      select from foundation.outbox earlier
      where earlier.object_id = o.object_id and earlier.seq < o.seq and earlier.next_attempt_at > %(now)s
  )
order by o.seq
limit %(limit)s

-- name: claim_events
-- In order, so that two couriers wait for one another; what the other one delivered meanwhile is gone.
select o.seq, o.type, o.payload, o.attempts
from foundation.outbox o
where o.seq = any(%(seqs)s)
  and not exists (
      select from foundation.outbox earlier
      where earlier.object_id = o.object_id and earlier.seq < o.seq and earlier.next_attempt_at > %(now)s
  )
order by o.seq
for update of o

-- name: delete_events
delete from foundation.outbox where seq = any(%(seqs)s)

-- name: postpone_event
update foundation.outbox
set attempts = attempts + 1, next_attempt_at = %(next_attempt_at)s, last_error = %(error)s
where seq = %(seq)s

-- name: oldest_event
select (select published_at from foundation.outbox order by seq limit 1)
