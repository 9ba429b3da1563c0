-- name: end_of_sight_from
-- Of each source the last of so many payments, the newest first; of these the newest: a page looks no further back.
select p.created_at, p.id from unnest(%(sources)s::text[]) as wanted (source), lateral (
    select created_at, id from payments.payments
    where merchant_id = %(merchant_id)s and source = wanted.source and source <> 'api'
      and (%(before)s::text is null
           or (created_at, id) < (select b.created_at, b.id from payments.payments b where b.id = %(before)s))
      and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
      and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
    order by created_at desc, id desc
    offset %(look_through)s - 1
    limit 1
) p
order by p.created_at desc, p.id desc
limit 1

-- name: list_payments_from
-- Along the index of each source the newest, then the newest of them all; so far back as one page looks.
select p.* from unnest(%(sources)s::text[]) as wanted (source), lateral (
    select * from payments.payments
    where merchant_id = %(merchant_id)s and source = wanted.source and source <> 'api'
      and (%(before)s::text is null
           or (created_at, id) < (select b.created_at, b.id from payments.payments b where b.id = %(before)s))
      and (%(state)s::text is null or state = %(state)s)
      and (%(method)s::text is null or method = %(method)s)
      and (%(created_from)s::timestamptz is null or created_at >= %(created_from)s)
      and (%(created_before)s::timestamptz is null or created_at < %(created_before)s)
      and (%(sight_id)s::text is null or (created_at, id) >= (%(sight_at)s::timestamptz, %(sight_id)s::text))
    order by created_at desc, id desc
    limit %(limit)s
) p
order by p.created_at desc, p.id desc
limit %(limit)s

-- name: list_refunds_from
-- Along all refunds of the merchant, in their order, so far back as one page looks (`list_payments` says why `offset 0`).
select r.* from (
    select * from payments.refunds
    where merchant_id = %(merchant_id)s
      and (%(before)s::text is null
           or (created_at, id) < (select b.created_at, b.id from payments.refunds b where b.id = %(before)s))
      and (%(sight_id)s::text is null or (created_at, id) >= (%(sight_at)s::timestamptz, %(sight_id)s::text))
    order by created_at desc, id desc
    offset 0
) as r
where (%(state)s::text is null or r.state = %(state)s)
  and exists (
      select from payments.payments p where p.id = r.payment_id and p.source = any(%(sources)s::text[])
  )
order by r.created_at desc, r.id desc
limit %(limit)s

-- name: count_states_from
select state, count(*) from payments.payments
where merchant_id = %(merchant_id)s and source = any(%(sources)s::text[]) and source <> 'api'
  and created_at >= %(since)s and created_at < %(until)s
group by state

-- name: which_are_from
select id from payments.payments where id = any(%(ids)s::text[]) and source = any(%(sources)s::text[])
