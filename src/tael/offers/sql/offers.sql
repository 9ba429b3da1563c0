-- name: insert_offer
insert into offers.offers (
    id, funder, merchant_id, name, currency, terms, budget_minor, state, created_at, created_by
)
values (
    %(id)s, %(funder)s, %(merchant_id)s, %(name)s, %(currency)s, %(terms)s::jsonb, %(budget_minor)s, %(state)s,
    %(created_at)s, %(created_by)s
)

-- name: find_offers
select id, funder, merchant_id, name, terms, used_minor, state, created_at, created_by
from offers.offers where id = any(%(ids)s)

-- name: lock_offers
-- In the order of ids, so that batches with offers in common wait for one another and never deadlock.
select id, funder, merchant_id, name, terms, used_minor, state, created_at, created_by
from offers.offers where id = any(%(ids)s) order by id for update

-- name: list_offers
select id, funder, merchant_id, name, terms, used_minor, state, created_at, created_by
from offers.offers
where (%(merchant_id)s::text is null or merchant_id = %(merchant_id)s)
  and (%(funder)s::text is null or funder = %(funder)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: offers_for
-- Those that might hold for payments of some merchants in some currencies, without a code.
select distinct o.id
from offers.offers o
join unnest(%(merchant_ids)s::text[], %(currencies)s::text[]) as scene (merchant_id, currency)
    on o.currency = scene.currency and (o.merchant_id = scene.merchant_id or o.merchant_id is null)
where o.state = 'active' and o.used_minor < o.budget_minor and not (o.terms ->> 'needs_coupon')::boolean

-- name: set_offer_state
update offers.offers set state = %(state)s where id = %(id)s

-- name: change_uses
-- What is held, spent or let go of: budgets and coupons at once. Less than nothing is given back.
with coupon as (
    update offers.coupons c set uses = c.uses + n.uses
    from (
        select code, sum(uses)::int as uses
        from unnest(%(codes)s::text[], %(code_uses)s::int[]) as given (code, uses) group by code
    ) n
    where c.code = n.code
)
update offers.offers o set used_minor = o.used_minor + n.amount_minor
from (
    select offer_id, sum(amount_minor)::bigint as amount_minor
    from unnest(%(offer_ids)s::text[], %(amounts)s::bigint[]) as given (offer_id, amount_minor) group by offer_id
) n
where o.id = n.offer_id

-- name: insert_coupons
insert into offers.coupons (code, offer_id, uses_most, created_at)
select code, %(offer_id)s, %(uses_most)s, %(created_at)s from unnest(%(codes)s::text[]) as given (code)
on conflict do nothing
returning code

-- name: find_coupons
select code, offer_id, uses_most, uses, created_at from offers.coupons where code = any(%(codes)s)

-- name: list_coupons
select code, offer_id, uses_most, uses, created_at from offers.coupons
where offer_id = %(offer_id)s and (%(after)s::text is null or code > %(after)s)
order by code
limit %(limit)s

-- name: uses_of_payers
-- The attempts of one payment use an offer once.
select offer_id, payer, count(distinct payment_id)::int as uses from offers.redemptions
where offer_id = any(%(offer_ids)s) and payer = any(%(payers)s) and state <> 'released'
group by offer_id, payer

-- name: insert_redemptions
insert into offers.redemptions (
    id, offer_id, attempt_id, payment_id, payer, code, funder, on_refund, amount_minor, state, created_at
)
select id, offer_id, attempt_id, payment_id, payer, code, funder, on_refund, amount_minor, 'held', created_at
from unnest(
    %(id)s::text[], %(offer_id)s::text[], %(attempt_id)s::text[], %(payment_id)s::text[], %(payer)s::text[],
    %(code)s::text[], %(funder)s::text[], %(on_refund)s::text[], %(amount_minor)s::bigint[],
    %(created_at)s::timestamptz[]
) as given (
    id, offer_id, attempt_id, payment_id, payer, code, funder, on_refund, amount_minor, created_at
)

-- name: lock_redemptions
select id, offer_id, attempt_id, payment_id, payer, code, funder, on_refund, amount_minor, given_back_minor, state,
    created_at
from offers.redemptions where attempt_id = any(%(attempt_ids)s) order by id for update

-- name: redemptions_of_payments
select id, offer_id, attempt_id, payment_id, payer, code, funder, on_refund, amount_minor, given_back_minor, state,
    created_at
from offers.redemptions where payment_id = any(%(payment_ids)s) order by id

-- name: redemptions_beside
-- All of the payments to which some attempts belong.
select id, offer_id, attempt_id, payment_id, payer, code, funder, on_refund, amount_minor, given_back_minor, state,
    created_at
from offers.redemptions where payment_id in (
    select payment_id from offers.redemptions where attempt_id = any(%(attempt_ids)s)
)
order by id

-- name: merchants_with_offers
-- Whose payments an offer might be for, now or soon, and whether it needs a code; no merchant: everybody's.
select distinct merchant_id, (terms ->> 'needs_coupon')::boolean from offers.offers
where state = 'active' and used_minor < budget_minor
  and (terms ->> 'starts_at')::timestamptz <= %(soon)s and (terms ->> 'ends_at')::timestamptz > %(now)s

-- name: list_redemptions
select id, offer_id, attempt_id, payment_id, payer, code, funder, on_refund, amount_minor, given_back_minor, state,
    created_at
from offers.redemptions
where offer_id = %(offer_id)s and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: update_redemptions
update offers.redemptions r set state = n.state, given_back_minor = n.given_back_minor
from unnest(%(id)s::text[], %(state)s::text[], %(given_back_minor)s::bigint[]) as n (id, state, given_back_minor)
where r.id = n.id
