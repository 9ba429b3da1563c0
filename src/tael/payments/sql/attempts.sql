-- name: insert_attempts
insert into payments.attempts (
    id, payment_id, channel, method, product, state, amount_minor, currency, created_at, next_inquiry_at,
    taken_off
)
select id, payment_id, channel, method, product, 'created', amount_minor, currency, created_at, next_inquiry_at,
    taken_off::jsonb
from unnest(
    %(id)s::text[], %(payment_id)s::text[], %(channel)s::text[], %(method)s::text[], %(product)s::text[],
    %(amount_minor)s::bigint[], %(currency)s::text[], %(created_at)s::timestamptz[], %(next_inquiry_at)s::timestamptz[],
    %(taken_off)s::text[]
) as given (
    id, payment_id, channel, method, product, amount_minor, currency, created_at, next_inquiry_at,
    taken_off
)

-- name: payment_ids_of_attempts
select id, payment_id from payments.attempts where id = any(%(ids)s)

-- name: find_attempts
select id, payment_id, channel, method, product, state, abandoned, amount_minor, currency, action, action_expires_at,
    received_minor, payer_sealed, channel_reference, channel_code, error_class, created_at, ended_at, inquiries, next_inquiry_at,
    movements, voided, doubted_at, payers_differ, recalled_at, hold, taken_off
from payments.attempts where id = any(%(ids)s)

-- name: attempts_of_payments
select id, payment_id, channel, method, product, state, abandoned, amount_minor, currency, action, action_expires_at,
    received_minor, payer_sealed, channel_reference, channel_code, error_class, created_at, ended_at, inquiries, next_inquiry_at,
    movements, voided, doubted_at, payers_differ, recalled_at, hold, taken_off
from payments.attempts where payment_id = any(%(payment_ids)s) order by id

-- name: attempts_by_reference
select channel_reference, id from payments.attempts
where channel = %(channel)s and channel_reference = any(%(references)s)

-- name: update_attempts
update payments.attempts a
set state = n.state, abandoned = n.abandoned, action = n.action::jsonb, action_expires_at = n.action_expires_at,
    received_minor = n.received_minor, payer_sealed = n.payer_sealed, channel_reference = n.channel_reference, channel_code = n.channel_code,
    error_class = n.error_class, ended_at = n.ended_at, inquiries = n.inquiries, next_inquiry_at = n.next_inquiry_at,
    movements = n.movements, voided = n.voided, doubted_at = n.doubted_at, payers_differ = n.payers_differ,
    recalled_at = n.recalled_at, amount_minor = n.amount_minor, hold = n.hold::jsonb
from unnest(
    %(id)s::text[], %(state)s::text[], %(abandoned)s::boolean[], %(action)s::text[],
    %(action_expires_at)s::timestamptz[], %(received_minor)s::bigint[], %(payer_sealed)s::bytea[], %(channel_reference)s::text[],
    %(channel_code)s::text[], %(error_class)s::text[], %(ended_at)s::timestamptz[], %(inquiries)s::int[],
    %(next_inquiry_at)s::timestamptz[], %(movements)s::int[], %(voided)s::boolean[], %(doubted_at)s::timestamptz[],
    %(payers_differ)s::boolean[], %(recalled_at)s::timestamptz[], %(amount_minor)s::bigint[], %(hold)s::text[]
) as n (
    id, state, abandoned, action, action_expires_at, received_minor, payer_sealed, channel_reference, channel_code,
    error_class, ended_at, inquiries, next_inquiry_at, movements, voided, doubted_at, payers_differ,
    recalled_at, amount_minor, hold
)
where a.id = n.id

-- name: claim_due_attempts
-- The pushed-back time is a lease: if the janitor that took an attempt dies, another takes it after that.
update payments.attempts a
set next_inquiry_at = %(lease_until)s
from (
    select id from payments.attempts
    where channel = %(channel)s and next_inquiry_at <= %(now)s
    order by next_inquiry_at
    limit %(limit)s
    for update skip locked
) due
where a.id = due.id
returning a.id

-- name: channels_with_work
select channel from payments.attempts where next_inquiry_at <= %(now)s
union
select channel from payments.refunds where next_inquiry_at <= %(now)s
union
select channel from payments.hold_steps where next_inquiry_at <= %(now)s
