-- name: insert_top_up
insert into funding.top_ups (id, user_id, amount_minor, currency, method, bank_card_id, payment_id, state, fee_minor,
    refunded_minor, reason, created_at, ended_at)
values (%(id)s, %(user_id)s, %(amount_minor)s, %(currency)s, %(method)s, %(bank_card_id)s, %(payment_id)s, %(state)s,
    %(fee_minor)s, %(refunded_minor)s, %(reason)s, %(created_at)s, %(ended_at)s)

-- name: find_top_up
select id, user_id, amount_minor, currency, method, bank_card_id, payment_id, state, fee_minor, refunded_minor, reason,
    created_at, ended_at from funding.top_ups where id = %(id)s

-- name: find_top_ups
select id, user_id, amount_minor, currency, method, bank_card_id, payment_id, state, fee_minor, refunded_minor, reason,
    created_at, ended_at from funding.top_ups where id = any(%(ids)s)

-- name: lock_top_up
select id, user_id, amount_minor, currency, method, bank_card_id, payment_id, state, fee_minor, refunded_minor, reason,
    created_at, ended_at from funding.top_ups where id = %(id)s for update

-- name: lock_top_ups_of_payments
select id, user_id, amount_minor, currency, method, bank_card_id, payment_id, state, fee_minor, refunded_minor, reason,
    created_at, ended_at from funding.top_ups where payment_id = any(%(payment_ids)s) order by id for update

-- name: update_top_up
update funding.top_ups
set state = %(state)s, fee_minor = %(fee_minor)s, refunded_minor = %(refunded_minor)s, reason = %(reason)s,
    ended_at = %(ended_at)s
where id = %(id)s

-- name: top_ups_since
select coalesce(sum(amount_minor), 0)::bigint, count(*)
from funding.top_ups
where user_id = %(user_id)s and currency = %(currency)s and created_at >= %(since)s and state <> 'failed'

-- name: list_top_ups
select id, user_id, amount_minor, currency, method, bank_card_id, payment_id, state, fee_minor, refunded_minor, reason,
    created_at, ended_at from funding.top_ups
where user_id = %(user_id)s and id < coalesce(%(before)s::text, '~')
order by id desc
limit %(limit)s

-- name: insert_refund
insert into funding.top_up_refunds (id, top_up_id, user_id, amount_minor, currency, refund_id, state, strength, reason,
    created_at, sent_at, ended_at, fee_returned_minor, reversals)
values (%(id)s, %(top_up_id)s, %(user_id)s, %(amount_minor)s, %(currency)s, %(refund_id)s, %(state)s, %(strength)s,
    %(reason)s, %(created_at)s, %(sent_at)s, %(ended_at)s, %(fee_returned_minor)s, %(reversals)s)

-- name: refunds_of_top_up
select id, top_up_id, user_id, amount_minor, currency, refund_id, state, strength, reason, created_at,
    sent_at, ended_at, fee_returned_minor, reversals from funding.top_up_refunds where top_up_id = %(top_up_id)s order by id

-- name: lock_refund
select id, top_up_id, user_id, amount_minor, currency, refund_id, state, strength, reason, created_at,
    sent_at, ended_at, fee_returned_minor, reversals from funding.top_up_refunds where id = %(id)s for update

-- name: refunds_of_payments
select id, top_up_id, user_id, amount_minor, currency, refund_id, state, strength, reason, created_at,
    sent_at, ended_at, fee_returned_minor, reversals from funding.top_up_refunds where refund_id = any(%(refund_ids)s) order by id for update

-- name: update_refund
update funding.top_up_refunds
set sent_at = %(sent_at)s, state = %(state)s, reason = %(reason)s, ended_at = %(ended_at)s,
    fee_returned_minor = %(fee_returned_minor)s, reversals = %(reversals)s
where id = %(id)s

-- name: refunds_to_send
select id, top_up_id, user_id, amount_minor, currency, refund_id, state, strength, reason, created_at,
    sent_at, ended_at, fee_returned_minor, reversals from funding.top_up_refunds
where sent_at is null and state = 'processing' and created_at <= %(before)s
order by created_at
limit %(limit)s

-- name: page_of_top_ups
-- For staff.
select id, user_id, amount_minor, currency, method, bank_card_id, payment_id, state, fee_minor, refunded_minor, reason,
    created_at, ended_at
from funding.top_ups
where (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(state)s::text is null or state = %(state)s)
  and id < coalesce(%(before)s::text, '~')
order by id desc
limit %(limit)s
