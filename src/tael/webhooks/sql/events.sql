-- name: insert_events
-- In the order in which they are given. What is there already was told before: it is not given back.
insert into webhooks.events (id, merchant_id, type, object_id, object, happened_at, api_version, created_at)
select id, merchant_id, type, object_id, object, happened_at, api_version, created_at
from unnest(
    %(id)s::text[], %(merchant_id)s::text[], %(type)s::text[], %(object_id)s::text[], %(object)s::text[],
    %(happened_at)s::timestamptz[], %(api_version)s::text[], %(created_at)s::timestamptz[]
) with ordinality as given (
    id, merchant_id, type, object_id, object, happened_at, api_version, created_at, place
)
order by place
on conflict (id) do nothing
returning id

-- name: find_event
select id, merchant_id, type, object_id, object, happened_at, api_version, created_at
from webhooks.events
where id = %(id)s and merchant_id = %(merchant_id)s

-- name: list_events
-- Newest first, in the order of the log.
select id, merchant_id, type, object_id, object, happened_at, api_version, created_at
from webhooks.events
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null or seq < (
      select earlier.seq from webhooks.events earlier
      where earlier.id = %(before)s and earlier.merchant_id = %(merchant_id)s
  ))
  and (%(type)s::text is null or type = %(type)s)
  and (%(kind)s::text is null or split_part(type, '.', 1) = %(kind)s)
  and (%(object_id)s::text is null or object_id = %(object_id)s)
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
order by seq desc
limit %(limit)s

-- name: forget_events
delete from webhooks.events
where seq in (select seq from webhooks.events order by seq limit %(limit)s) and created_at < %(before)s

-- name: forget_attempts
delete from webhooks.attempts
where seq in (select seq from webhooks.attempts order by seq limit %(limit)s) and started_at < %(before)s

-- name: forget_deliveries
delete from webhooks.deliveries
where seq in (select seq from webhooks.deliveries order by seq limit %(limit)s) and created_at < %(before)s
