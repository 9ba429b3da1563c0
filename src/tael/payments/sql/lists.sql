-- name: plan_along_an_index
-- As `Transaction.plan_for_what_is_asked`; and the planner does not know that hardly ever more than a page is read, and would collect all and sort them.
select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('max_parallel_workers_per_gather', '0', true),
    set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true),
    set_config('enable_sort', 'off', true)

-- name: plan_for_a_search
-- Of texts that very many payments have in their notes some are enough.
select set_config('gin_fuzzy_search_limit', '2000', true)

-- name: plan_for_few
select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('max_parallel_workers_per_gather', '0', true),
    set_config('enable_bitmapscan', 'on', true), set_config('enable_sort', 'on', true)

-- name: end_of_sight
-- The last of so many payments along one index, the newest first: a page looks no further back.
select created_at, id from payments.payments
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null
       or (created_at, id) < (select b.created_at, b.id from payments.payments b where b.id = %(before)s))
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
  and (%(along_state)s::text is null or state = %(along_state)s and state <> 'captured')
  and (%(along_source)s::text is null or source = %(along_source)s and source <> 'api')
  and (%(along_currency)s::text is null or currency = %(along_currency)s and currency <> 'CNY')
  and (%(along_amount_minor)s::bigint is null or amount_minor = %(along_amount_minor)s)
  and (%(along_method)s::text is null or method = %(along_method)s)
order by created_at desc, id desc
offset %(look_through)s - 1
limit 1

-- name: list_payments
-- Along one index, in its order, so far back as one page looks. `offset 0`: else the planner would go another way if it took
-- what is asked for to be rare.
select id, merchant_id, reference, description, amount_minor, currency, state, closing_as, captured_by, captured_minor,
    refunded_minor, refunding_minor, fee_basis_points, fee_minor, fee_returned_minor, return_url, created_at,
    expires_at, ended_at, metadata, descriptor, capture_method, fee_terms_id, source, authorised_minor, capture_before,
    disputed_minor, discount_minor, method, channel
from (
    select * from payments.payments
    where merchant_id = %(merchant_id)s
      and (%(before)s::text is null
           or (created_at, id) < (select b.created_at, b.id from payments.payments b where b.id = %(before)s))
      and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
      and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
      and (%(along_state)s::text is null or state = %(along_state)s and state <> 'captured')
      and (%(along_source)s::text is null or source = %(along_source)s and source <> 'api')
      and (%(along_currency)s::text is null or currency = %(along_currency)s and currency <> 'CNY')
      and (%(along_amount_minor)s::bigint is null or amount_minor = %(along_amount_minor)s)
      and (%(along_method)s::text is null or method = %(along_method)s)
      and (%(sight_id)s::text is null or (created_at, id) >= (%(sight_at)s::timestamptz, %(sight_id)s::text))
    order by created_at desc, id desc
    offset 0
) as along
where (%(state)s::text is null or state = %(state)s)
  and (%(reference)s::text is null or reference = %(reference)s)
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(amount_from_minor)s::bigint is null or amount_minor >= %(amount_from_minor)s)
  and (%(amount_to_minor)s::bigint is null or amount_minor <= %(amount_to_minor)s)
  and (%(method)s::text is null or method = %(method)s)
  and (%(channel)s::text is null or channel = %(channel)s)
  and (%(source)s::text is null or source = %(source)s)
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
  and (%(ended_from)s::timestamptz is null or ended_at >= %(ended_from)s)
  and (%(ended_before)s::timestamptz is null or ended_at < %(ended_before)s)
  and (%(metadata)s::jsonb is null or metadata @> %(metadata)s::jsonb)
order by created_at desc, id desc
limit %(limit)s

-- name: count_few
-- How many have the reference, the notes, an amount of the range; not more than are counted. In the order of amounts: else the
-- planner would go through all payments if it took such amounts to be common.
select count(*) from (
    select from payments.payments
    where merchant_id = %(merchant_id)s
      and (%(reference)s::text is null or reference = %(reference)s)
      and (%(metadata)s::jsonb is null
           or metadata <> '{}'
           and jsonb_set('{}', array[merchant_id], jsonb_path_query_array(metadata, '$.*'))
               @> jsonb_set('{}', array[%(merchant_id)s], jsonb_path_query_array(%(metadata)s::jsonb, '$.*')))
      and (%(least_minor)s::bigint is null or amount_minor between %(least_minor)s and %(most_minor)s::bigint)
    order by case when %(least_minor)s::bigint is not null then amount_minor end
    limit %(few)s
) as few

-- name: list_few_payments
-- Of those few the ones that are all that is asked for.
select id, merchant_id, reference, description, amount_minor, currency, state, closing_as, captured_by, captured_minor,
    refunded_minor, refunding_minor, fee_basis_points, fee_minor, fee_returned_minor, return_url, created_at,
    expires_at, ended_at, metadata, descriptor, capture_method, fee_terms_id, source, authorised_minor, capture_before,
    disputed_minor, discount_minor, method, channel
from (
    select * from payments.payments
    where merchant_id = %(merchant_id)s
      and (%(reference)s::text is null or reference = %(reference)s)
      and (%(metadata)s::jsonb is null
           or metadata <> '{}'
           and jsonb_set('{}', array[merchant_id], jsonb_path_query_array(metadata, '$.*'))
               @> jsonb_set('{}', array[%(merchant_id)s], jsonb_path_query_array(%(metadata)s::jsonb, '$.*')))
      and (%(least_minor)s::bigint is null or amount_minor between %(least_minor)s and %(most_minor)s::bigint)
    order by case when %(least_minor)s::bigint is not null then amount_minor end
    limit %(few)s
) as few
where (%(state)s::text is null or state = %(state)s)
  and (%(reference)s::text is null or reference = %(reference)s)
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(amount_from_minor)s::bigint is null or amount_minor >= %(amount_from_minor)s)
  and (%(amount_to_minor)s::bigint is null or amount_minor <= %(amount_to_minor)s)
  and (%(method)s::text is null or method = %(method)s)
  and (%(channel)s::text is null or channel = %(channel)s)
  and (%(source)s::text is null or source = %(source)s)
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
  and (%(ended_from)s::timestamptz is null or ended_at >= %(ended_from)s)
  and (%(ended_before)s::timestamptz is null or ended_at < %(ended_before)s)
  and (%(metadata)s::jsonb is null or metadata @> %(metadata)s::jsonb)
  and (%(before)s::text is null
       or (created_at, id) < (select b.created_at, b.id from payments.payments b where b.id = %(before)s))
order by created_at desc, id desc
limit %(limit)s

-- name: list_refunds
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at, asked_at, unowed_minor, reversals, doubted_at, payee_sealed
from payments.refunds
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null
       or (created_at, id) < (select b.created_at, b.id from payments.refunds b where b.id = %(before)s))
  and (%(payment_id)s::text is null or payment_id = %(payment_id)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(reason)s::text is null or reason = %(reason)s)
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(amount_minor)s::bigint is null or amount_minor = %(amount_minor)s)
  and (%(amount_from_minor)s::bigint is null or amount_minor >= %(amount_from_minor)s)
  and (%(amount_to_minor)s::bigint is null or amount_minor <= %(amount_to_minor)s)
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
  and (%(sight_id)s::text is null or (created_at, id) >= (%(sight_at)s::timestamptz, %(sight_id)s::text))
order by created_at desc, id desc
limit %(limit)s

-- name: end_of_sight_of_refunds
select created_at, id from payments.refunds
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null
       or (created_at, id) < (select b.created_at, b.id from payments.refunds b where b.id = %(before)s))
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
order by created_at desc, id desc
offset %(look_through)s - 1
limit 1

-- name: count_payments
select count(*)
from payments.payments
where merchant_id = %(merchant_id)s
  and (%(state)s::text is null or state = %(state)s)
  and (%(reference)s::text is null or reference = %(reference)s)
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(amount_from_minor)s::bigint is null or amount_minor >= %(amount_from_minor)s)
  and (%(amount_to_minor)s::bigint is null or amount_minor <= %(amount_to_minor)s)
  and (%(method)s::text is null or method = %(method)s)
  and (%(channel)s::text is null or channel = %(channel)s)
  and (%(source)s::text is null or source = %(source)s)
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
  and (%(ended_from)s::timestamptz is null or ended_at >= %(ended_from)s)
  and (%(ended_before)s::timestamptz is null or ended_at < %(ended_before)s)
  and (%(metadata)s::jsonb is null or metadata @> %(metadata)s::jsonb)
  and (%(state)s::text is null or %(state)s = 'captured' or state <> 'captured')
  and (%(source)s::text is null or %(source)s = 'api' or source <> 'api')
  and (%(currency)s::text is null or %(currency)s = 'CNY' or currency <> 'CNY')

-- name: count_refunds
select count(*)
from payments.refunds
where merchant_id = %(merchant_id)s
  and (%(payment_id)s::text is null or payment_id = %(payment_id)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(reason)s::text is null or reason = %(reason)s)
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(amount_minor)s::bigint is null or amount_minor = %(amount_minor)s)
  and (%(amount_from_minor)s::bigint is null or amount_minor >= %(amount_from_minor)s)
  and (%(amount_to_minor)s::bigint is null or amount_minor <= %(amount_to_minor)s)
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)

-- name: search_payments
-- Each way of looking has its index and its limit; the ids of attempts and refunds lead to their payment.
select id, merchant_id, reference, description, amount_minor, currency, state, closing_as, captured_by, captured_minor,
    refunded_minor, refunding_minor, fee_basis_points, fee_minor, fee_returned_minor, return_url, created_at,
    expires_at, ended_at, metadata, descriptor, capture_method, fee_terms_id, source, authorised_minor, capture_before,
    disputed_minor, discount_minor, method, channel
from payments.payments
where merchant_id = %(merchant_id)s and id in (
    select p.id from payments.payments p where p.id = %(text)s
    union all
    select a.payment_id from payments.attempts a where a.id = %(text)s
    union all
    select r.payment_id from payments.refunds r where r.id = %(text)s
    union all
    (select p.id from payments.payments p
     where p.merchant_id = %(merchant_id)s and p.reference >= %(text)s and p.reference < %(after_text)s
     order by p.reference
     limit %(limit)s)
    union all
    select newest.id from unnest(%(amounts_minor)s::bigint[]) as wanted (minor), lateral (
        select p.id from payments.payments p
        where p.merchant_id = %(merchant_id)s and p.amount_minor = wanted.minor
        order by p.created_at desc
        limit %(limit)s) newest
    union all
    (select p.id from payments.payments p
     where p.merchant_id = %(merchant_id)s and p.metadata <> '{}' and p.metadata @@ %(in_metadata)s::jsonpath
       and jsonb_set('{}', array[p.merchant_id], jsonb_path_query_array(p.metadata, '$.*'))
           @> jsonb_set('{}', array[%(merchant_id)s], jsonb_build_array(%(text)s::text))
     limit %(limit)s)
)
order by created_at desc, id desc
limit %(limit)s

-- name: search_refunds
select id, payment_id, attempt_id, channel, way, merchant_id, reason, cause, note, state, amount_minor, currency, fee_returned_minor,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at, asked_at, unowed_minor, reversals, doubted_at, payee_sealed
from payments.refunds
where merchant_id = %(merchant_id)s and id in (
    select r.id from payments.refunds r where r.id = %(text)s
    union all
    (select r.id from payments.refunds r where r.payment_id = %(text)s order by r.id desc limit %(limit)s)
    union all
    select newest.id from unnest(%(amounts_minor)s::bigint[]) as wanted (minor), lateral (
        select r.id from payments.refunds r
        where r.merchant_id = %(merchant_id)s and r.amount_minor = wanted.minor
        order by r.created_at desc
        limit %(limit)s) newest
)
order by created_at desc, id desc
limit %(limit)s
