-- name: insert_refunds
insert into payments.refunds (
    id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    created_at, next_inquiry_at, asked_at, payee_sealed
)
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, 'processing', amount_minor, currency,
    fee_returned_minor, created_at, next_inquiry_at, asked_at, payee_sealed
from unnest(
    %(id)s::text[], %(payment_id)s::text[], %(attempt_id)s::text[], %(channel)s::text[], %(way)s::text[],
    %(merchant_id)s::text[],
    %(reason)s::text[], %(cause)s::text[], %(note)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[], %(fee_returned_minor)s::bigint[],
    %(created_at)s::timestamptz[], %(next_inquiry_at)s::timestamptz[], %(asked_at)s::timestamptz[], %(payee_sealed)s::bytea[]
) as given (
    id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, amount_minor, currency, fee_returned_minor, created_at,
    next_inquiry_at, asked_at, payee_sealed
)

-- name: find_refunds
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at, asked_at, unowed_minor, reversals, doubted_at, payee_sealed
from payments.refunds where id = any(%(ids)s)

-- name: refunds_of_payments
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at, asked_at, unowed_minor, reversals, doubted_at, payee_sealed
from payments.refunds where payment_id = any(%(payment_ids)s) order by id

-- name: lock_refunds_of_attempts
-- Nobody begins to send them until the transaction ends.
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at, asked_at, unowed_minor, reversals, doubted_at, payee_sealed
from payments.refunds where attempt_id = any(%(attempt_ids)s) order by id for update

-- name: list_surpluses_left
-- Of a surplus that was sent again by hand, too: it has one refund more. Of none of which a refund was stopped.
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at, asked_at, unowed_minor, reversals, doubted_at, payee_sealed
from payments.refunds
where id in (
    select max(id) from payments.refunds where cause is not null group by cause
    having count(*) >= %(tries)s and bool_and(state = 'failed' and asked_at is not null)
)
and amount_minor > unowed_minor
order by id desc
limit %(limit)s

-- name: update_refunds
update payments.refunds r
set state = n.state, cause = n.cause, fee_returned_minor = n.fee_returned_minor, channel_code = n.channel_code, ended_at = n.ended_at,
    inquiries = n.inquiries, next_inquiry_at = n.next_inquiry_at, unowed_minor = n.unowed_minor,
    reversals = n.reversals, doubted_at = n.doubted_at
from unnest(
    %(id)s::text[], %(state)s::text[], %(cause)s::text[], %(fee_returned_minor)s::bigint[], %(channel_code)s::text[],
    %(ended_at)s::timestamptz[], %(inquiries)s::int[], %(next_inquiry_at)s::timestamptz[],
    %(unowed_minor)s::bigint[], %(reversals)s::int[], %(doubted_at)s::timestamptz[]
) as n (
    id, state, cause, fee_returned_minor, channel_code, ended_at, inquiries, next_inquiry_at, unowed_minor, reversals, doubted_at
)
where r.id = n.id

-- name: claim_due_refunds
update payments.refunds r
set next_inquiry_at = %(lease_until)s, asked_at = coalesce(r.asked_at, %(now)s)
from (
    select id, asked_at is null as first from payments.refunds
    where channel = %(channel)s and next_inquiry_at <= %(now)s
    order by next_inquiry_at
    limit %(limit)s
    for update skip locked
) due
where r.id = due.id
returning r.id, due.first
