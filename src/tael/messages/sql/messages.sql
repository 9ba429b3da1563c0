-- name: insert_messages
-- Posted again under its id, a message is told once; gives the ids of those that are new.
insert into messages.messages (id, user_id, template, urgency, language, values_sealed, kept, expires_at, created_at)
select id, user_id, template, urgency, language, values_sealed, kept, expires_at, created_at
from unnest(
    %(id)s::text[], %(user_id)s::text[], %(template)s::text[], %(urgency)s::text[], %(language)s::text[],
    %(values_sealed)s::bytea[], %(kept)s::boolean[], %(expires_at)s::timestamptz[], %(created_at)s::timestamptz[]
) with ordinality as given (
    id, user_id, template, urgency, language, values_sealed, kept, expires_at, created_at, place
)
order by place
on conflict (id) do nothing
returning id

-- name: insert_deliveries
insert into messages.deliveries (
    id, message_id, user_id, template, urgency, language, way, address_sealed, address_masked, subscription_id, state,
    next_attempt_at, expires_at, error, created_at, ended_at
)
select id, message_id, user_id, template, urgency, language, way, address_sealed, address_masked, subscription_id,
    state, next_attempt_at, expires_at, error, created_at, case when next_attempt_at is null then created_at end
from unnest(
    %(id)s::text[], %(message_id)s::text[], %(user_id)s::text[], %(template)s::text[], %(urgency)s::text[],
    %(language)s::text[], %(way)s::text[], %(address_sealed)s::bytea[], %(address_masked)s::text[],
    %(subscription_id)s::text[], %(state)s::text[], %(next_attempt_at)s::timestamptz[],
    %(expires_at)s::timestamptz[], %(error)s::text[], %(created_at)s::timestamptz[]
) with ordinality as given (
    id, message_id, user_id, template, urgency, language, way, address_sealed, address_masked, subscription_id, state,
    next_attempt_at, expires_at, error, created_at, place
)
order by place

-- name: list_kept
-- A person's own list, newest first.
select seq, id, template, urgency, language, values_sealed, created_at, read_at
from messages.messages
where user_id = %(user_id)s and kept
  and (%(before)s::text is null or seq < (
      select earlier.seq from messages.messages earlier
      where earlier.id = %(before)s and earlier.user_id = %(user_id)s
  ))
  and (not %(unread)s::boolean or read_at is null)
order by seq desc
limit %(limit)s

-- name: count_unread
select count(*) from (
    select from messages.messages where user_id = %(user_id)s and kept and read_at is null limit %(at_most)s
) as unread

-- name: mark_read
-- Those that are named, or all up to one, that one with it.
update messages.messages
set read_at = %(now)s
where user_id = %(user_id)s and kept and read_at is null
  and (id = any(%(ids)s::text[]) or seq <= (
      select latest.seq from messages.messages latest
      where latest.id = %(up_to)s and latest.user_id = %(user_id)s
  ))

-- name: forget_secrets
-- Codes that will be sent no more: what they said is forgotten.
update messages.messages m
set values_sealed = null
where m.id = any(%(ids)s::text[]) and m.urgency = 'code' and m.values_sealed is not null
  and not exists (
      select from messages.deliveries d
      where d.message_id = m.id and d.next_attempt_at is not null and d.state in ('queued', 'unknown')
  )

-- name: forget_expired_secrets
-- Codes that nobody sent in time, because no relay ran.
update messages.messages
set values_sealed = null
where id in (
    select id from messages.messages
    where urgency = 'code' and values_sealed is not null and expires_at < %(before)s
    limit %(limit)s
)

-- name: forget_messages
delete from messages.messages
where seq in (
    select seq from messages.messages where created_at < %(before)s order by created_at limit %(limit)s
)

-- name: forget_deliveries
delete from messages.deliveries
where seq in (
    select seq from messages.deliveries where created_at < %(before)s order by created_at limit %(limit)s
)

-- name: forget_attempts
-- In the order in which they were written; the oldest lie at the beginning.
delete from messages.attempts
where seq in (select seq from messages.attempts order by seq limit %(limit)s) and started_at < %(before)s

-- name: forget_advice
delete from messages.advice
where id in (select id from messages.advice where shown_at < %(before)s order by shown_at limit %(limit)s)

-- name: erase_attempts_of
delete from messages.attempts
where delivery_id in (select id from messages.deliveries where user_id = %(user_id)s)

-- name: erase_deliveries_of
delete from messages.deliveries where user_id = %(user_id)s

-- name: forget_messages_of
-- What a person was told, when they are no user any more; the delivery log stays, without address.
delete from messages.messages where user_id = %(user_id)s

-- name: forget_addresses_of
update messages.deliveries
set address_sealed = null, next_attempt_at = null, state = case when state = 'queued' then 'failed' else state end,
    error = case when state = 'queued' then 'person_forgotten' else error end, ended_at = coalesce(ended_at, %(now)s)
where user_id = %(user_id)s and (address_sealed is not null or next_attempt_at is not null)
