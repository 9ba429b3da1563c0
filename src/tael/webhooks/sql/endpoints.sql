-- name: insert_endpoint
insert into webhooks.endpoints (
    id, merchant_id, url, events, description, ordered, state, secret, secret_made_at, created_at
)
values (
    %(id)s, %(merchant_id)s, %(url)s, %(events)s::text[], %(description)s, %(ordered)s, %(state)s, %(secret)s,
    %(secret_made_at)s, %(created_at)s
)

-- name: lock_merchant
-- One after another for each merchant, so that none gets more endpoints than it may have.
select pg_advisory_xact_lock(hashtextextended('webhooks.endpoints ' || %(merchant_id)s, 0))

-- name: count_endpoints
select count(*) from webhooks.endpoints where merchant_id = %(merchant_id)s and state <> 'removed'

-- name: find_endpoints
select id, merchant_id, url, events, description, ordered, state, disabled_because, disabled_at, secret, secret_made_at,
    previous_secret, previous_until, failures, failing_since, resting_until, created_at
from webhooks.endpoints
where id = any(%(ids)s::text[]) and state <> 'removed'

-- name: lock_endpoint
select id, merchant_id, url, events, description, ordered, state, disabled_because, disabled_at, secret, secret_made_at,
    previous_secret, previous_until, failures, failing_since, resting_until, created_at
from webhooks.endpoints
where id = %(id)s and merchant_id = %(merchant_id)s and state <> 'removed'
for update

-- name: list_endpoints
select id, merchant_id, url, events, description, ordered, state, disabled_because, disabled_at, secret, secret_made_at,
    previous_secret, previous_until, failures, failing_since, resting_until, created_at
from webhooks.endpoints
where merchant_id = %(merchant_id)s and state <> 'removed' and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: listeners_of
-- Who is to be told what happens at these merchants.
select merchant_id, id, events
from webhooks.endpoints
where merchant_id = any(%(merchant_ids)s::text[]) and state = 'enabled'
order by id

-- name: update_endpoint
update webhooks.endpoints
set url = %(url)s, events = %(events)s::text[], description = %(description)s, ordered = %(ordered)s, state = %(state)s,
    disabled_because = %(disabled_because)s, disabled_at = %(disabled_at)s, secret = %(secret)s,
    secret_made_at = %(secret_made_at)s, previous_secret = %(previous_secret)s, previous_until = %(previous_until)s,
    failures = %(failures)s, failing_since = %(failing_since)s, resting_until = %(resting_until)s
where id = %(id)s

-- name: lock_health
-- Of those that failed now or before, in the order of their ids; a healthy endpoint that answered needs no lock.
select id, merchant_id, url, events, description, ordered, state, disabled_because, disabled_at, secret, secret_made_at,
    previous_secret, previous_until, failures, failing_since, resting_until, created_at
from webhooks.endpoints
where id = any(%(failed)s::text[]) or (id = any(%(succeeded)s::text[]) and failures > 0)
order by id
for update

-- name: update_health
update webhooks.endpoints e
set failures = given.failures, failing_since = given.failing_since, resting_until = given.resting_until,
    state = given.state, disabled_because = given.disabled_because, disabled_at = given.disabled_at
from unnest(
    %(id)s::text[], %(failures)s::int[], %(failing_since)s::timestamptz[], %(resting_until)s::timestamptz[],
    %(state)s::text[], %(disabled_because)s::text[], %(disabled_at)s::timestamptz[]
) as given (id, failures, failing_since, resting_until, state, disabled_because, disabled_at)
where e.id = given.id
