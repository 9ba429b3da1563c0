-- name: count_states
-- Nearly all are captured: all are counted, and those that are not are taken off; each by an index alone.
with others as materialized (
    select state, count(*) as payments from payments.payments
    where merchant_id = %(merchant_id)s and state <> 'captured' and created_at >= %(since)s and created_at < %(until)s
    group by state
)
select state, payments from others
union all
select 'captured', captured
from (
    select count(*) - coalesce((select sum(payments) from others), 0)::bigint as captured from payments.payments
    where merchant_id = %(merchant_id)s and created_at >= %(since)s and created_at < %(until)s
) as rest
where captured > 0

-- name: sum_payments
-- What was asked for in a span of time, by currency; by the day in China. A payment counts on the day it was made.
select currency, (created_at at time zone 'Asia/Shanghai')::date as day, count(*) as made,
    count(*) filter (where captured_minor > 0) as paid,
    count(*) filter (where state in ('captured', 'canceled', 'failed', 'expired')) as ended,
    coalesce(sum(captured_minor), 0)::bigint as captured_minor
from payments.payments
where merchant_id = %(merchant_id)s and created_at >= %(since)s and created_at < %(until)s
group by 1, 2
order by 2, 1

-- name: sum_refunds
select currency, count(*) as made, coalesce(sum(amount_minor), 0)::bigint as amount_minor
from payments.refunds
where merchant_id = %(merchant_id)s and created_at >= %(since)s and created_at < %(until)s and state <> 'failed'
group by 1

-- name: sum_methods
select method, currency, count(*) as paid, coalesce(sum(captured_minor), 0)::bigint as captured_minor
from payments.payments
where merchant_id = %(merchant_id)s and created_at >= %(since)s and created_at < %(until)s and captured_by is not null
group by 1, 2
order by 4 desc, 1

-- name: count_to_do
select
    (select count(*) from payments.payments
     where merchant_id = %(merchant_id)s and state = 'authorised' and created_at >= %(since)s) as to_capture,
    (select count(*) from payments.refunds
     where merchant_id = %(merchant_id)s and state in ('processing', 'unknown') and created_at >= %(since)s)
        as refunding,
    (select count(*) from payments.refunds
     where merchant_id = %(merchant_id)s and state = 'failed' and reason = 'merchant' and ended_at >= %(failed_since)s
       and created_at >= %(since)s)
        as refunds_failed
