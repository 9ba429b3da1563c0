-- name: insert_steps
insert into payments.hold_steps (
    id, payment_id, attempt_id, merchant_id, channel, kind, state, amount_minor, before_minor, tip_minor, final, currency,
    fee_minor, created_at, ended_at, next_inquiry_at
)
select id, payment_id, attempt_id, merchant_id, channel, kind, state, amount_minor, before_minor, tip_minor, final, currency,
    fee_minor, created_at, ended_at, next_inquiry_at
from unnest(
    %(id)s::text[], %(payment_id)s::text[], %(attempt_id)s::text[], %(merchant_id)s::text[], %(channel)s::text[],
    %(kind)s::text[], %(state)s::text[], %(amount_minor)s::bigint[], %(before_minor)s::bigint[], %(tip_minor)s::bigint[],
    %(final)s::boolean[], %(currency)s::text[], %(fee_minor)s::bigint[], %(created_at)s::timestamptz[],
    %(ended_at)s::timestamptz[], %(next_inquiry_at)s::timestamptz[]
) as given (
    id, payment_id, attempt_id, merchant_id, channel, kind, state, amount_minor, before_minor, tip_minor, final, currency,
    fee_minor, created_at, ended_at, next_inquiry_at
)

-- name: find_steps
select id, payment_id, attempt_id, merchant_id, channel, kind, state, amount_minor, before_minor, tip_minor, final, currency,
    fee_minor, channel_code, error_class, created_at, ended_at, inquiries, next_inquiry_at
from payments.hold_steps where id = any(%(ids)s)

-- name: steps_of_payments
select id, payment_id, attempt_id, merchant_id, channel, kind, state, amount_minor, before_minor, tip_minor, final, currency,
    fee_minor, channel_code, error_class, created_at, ended_at, inquiries, next_inquiry_at
from payments.hold_steps where payment_id = any(%(payment_ids)s) order by created_at, id

-- name: update_steps
update payments.hold_steps s
set state = n.state, fee_minor = n.fee_minor, channel_code = n.channel_code, error_class = n.error_class,
    ended_at = n.ended_at, inquiries = n.inquiries, next_inquiry_at = n.next_inquiry_at
from unnest(
    %(id)s::text[], %(state)s::text[], %(fee_minor)s::bigint[], %(channel_code)s::text[], %(error_class)s::text[],
    %(ended_at)s::timestamptz[], %(inquiries)s::int[], %(next_inquiry_at)s::timestamptz[]
) as n (id, state, fee_minor, channel_code, error_class, ended_at, inquiries, next_inquiry_at)
where s.id = n.id

-- name: claim_due_steps
update payments.hold_steps s
set next_inquiry_at = %(lease_until)s
from (
    select id from payments.hold_steps
    where channel = %(channel)s and next_inquiry_at <= %(now)s
    order by next_inquiry_at
    limit %(limit)s
    for update skip locked
) due
where s.id = due.id
returning s.id
