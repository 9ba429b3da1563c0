-- name: insert_refunds
insert into payments.refunds (
    id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    created_at, next_inquiry_at
)
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, 'processing', amount_minor, currency,
    fee_returned_minor, created_at, next_inquiry_at
from unnest(
    %(id)s::text[], %(payment_id)s::text[], %(attempt_id)s::text[], %(channel)s::text[], %(way)s::text[],
    %(merchant_id)s::text[],
    %(reason)s::text[], %(cause)s::text[], %(note)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[], %(fee_returned_minor)s::bigint[],
    %(created_at)s::timestamptz[], %(next_inquiry_at)s::timestamptz[]
) as given (
    id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, amount_minor, currency, fee_returned_minor, created_at,
    next_inquiry_at
)

-- name: find_refunds
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at
from payments.refunds where id = any(%(ids)s)

-- name: refunds_of_payments
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at
from payments.refunds where payment_id = any(%(payment_ids)s) order by id

-- name: update_refunds
update payments.refunds r
set state = n.state, channel_code = n.channel_code, ended_at = n.ended_at, inquiries = n.inquiries,
    next_inquiry_at = n.next_inquiry_at
from unnest(
    %(id)s::text[], %(state)s::text[], %(channel_code)s::text[], %(ended_at)s::timestamptz[], %(inquiries)s::int[],
    %(next_inquiry_at)s::timestamptz[]
) as n (id, state, channel_code, ended_at, inquiries, next_inquiry_at)
where r.id = n.id

-- name: claim_due_refunds
update payments.refunds r
set next_inquiry_at = %(lease_until)s
from (
    select id from payments.refunds
    where channel = %(channel)s and next_inquiry_at <= %(now)s
    order by next_inquiry_at
    limit %(limit)s
    for update skip locked
) due
where r.id = due.id
returning r.id
