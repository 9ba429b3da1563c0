-- name: plan_for_what_is_asked
-- Filters that are not given are `null is null`: only a plan made for these very parameters sees that, and takes the index.
select set_config('plan_cache_mode', 'force_custom_plan', true)

-- name: list_payments
-- Nobody ends before they were made: so who asks for early ends need not look at late beginnings. `offset 0`: attempts are
-- looked up payment by payment, newest first, until the page is full; planned together, all attempts would be read. What
-- nobody ever used is not looked for.
select id, merchant_id, reference, description, amount_minor, currency, state, closing_as, captured_by, captured_minor,
    refunded_minor, refunding_minor, fee_basis_points, fee_minor, fee_returned_minor, return_url, created_at,
    expires_at, ended_at, metadata, descriptor, capture_method, fee_terms_id, source, authorised_minor, capture_before, disputed_minor
from payments.payments p
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null
       or (created_at, id) < (select b.created_at, b.id from payments.payments b where b.id = %(before)s))
  and (%(state)s::text is null or state = %(state)s)
  and (%(state)s::text is null or %(state)s = 'captured' or state <> 'captured')
  and (%(reference)s::text is null or reference = %(reference)s)
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(amount_minor)s::bigint is null or amount_minor = %(amount_minor)s)
  and (%(amount_from_minor)s::bigint is null or amount_minor >= %(amount_from_minor)s)
  and (%(amount_to_minor)s::bigint is null or amount_minor <= %(amount_to_minor)s)
  and (%(source)s::text is null or source = %(source)s)
  and (%(source)s::text is null or %(source)s = 'api' or source <> 'api')
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
  and (%(ended_from)s::timestamptz is null or ended_at >= %(ended_from)s)
  and (%(ended_before)s::timestamptz is null or ended_at < %(ended_before)s and created_at < %(ended_before)s)
  and (%(metadata)s::jsonb is null or metadata @> %(metadata)s::jsonb and metadata <> '{}')
  and (%(method)s::text is null or exists (select from payments.attempts where method = %(method)s))
  and (%(channel)s::text is null or exists (select from payments.attempts where channel = %(channel)s))
  and (%(method)s::text is null and %(channel)s::text is null or exists (
      select from payments.attempts a
      where a.payment_id = p.id
        and (%(method)s::text is null or a.method = %(method)s)
        and (%(channel)s::text is null or a.channel = %(channel)s)
      offset 0))
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
order by created_at desc, id desc
limit %(limit)s

-- name: count_payments
select count(*)
from payments.payments p
where merchant_id = %(merchant_id)s
  and (%(state)s::text is null or state = %(state)s)
  and (%(state)s::text is null or %(state)s = 'captured' or state <> 'captured')
  and (%(reference)s::text is null or reference = %(reference)s)
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(amount_minor)s::bigint is null or amount_minor = %(amount_minor)s)
  and (%(amount_from_minor)s::bigint is null or amount_minor >= %(amount_from_minor)s)
  and (%(amount_to_minor)s::bigint is null or amount_minor <= %(amount_to_minor)s)
  and (%(source)s::text is null or source = %(source)s)
  and (%(source)s::text is null or %(source)s = 'api' or source <> 'api')
  and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
  and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
  and (%(ended_from)s::timestamptz is null or ended_at >= %(ended_from)s)
  and (%(ended_before)s::timestamptz is null or ended_at < %(ended_before)s and created_at < %(ended_before)s)
  and (%(metadata)s::jsonb is null or metadata @> %(metadata)s::jsonb and metadata <> '{}')
  and (%(method)s::text is null or exists (select from payments.attempts where method = %(method)s))
  and (%(channel)s::text is null or exists (select from payments.attempts where channel = %(channel)s))
  and (%(method)s::text is null and %(channel)s::text is null or exists (
      select from payments.attempts a
      where a.payment_id = p.id
        and (%(method)s::text is null or a.method = %(method)s)
        and (%(channel)s::text is null or a.channel = %(channel)s)
      offset 0))

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
    expires_at, ended_at, metadata, descriptor, capture_method, fee_terms_id, source, authorised_minor, capture_before, disputed_minor
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
