-- name: keep_fee_terms
-- Named by content: whoever writes the same again changes nothing.
insert into merchants.fee_terms (id, terms, created_at) values (%(id)s, %(terms)s::jsonb, %(created_at)s)
on conflict (id) do nothing

-- name: find_fee_terms
select id, terms from merchants.fee_terms where id = any(%(ids)s)

-- name: insert_fee_plan
insert into merchants.fee_plans (id, merchant_id, effective_from, currency, tiers, proposed_by, approved_by, approved_at)
values (%(id)s, %(merchant_id)s, %(effective_from)s, %(currency)s, %(tiers)s::jsonb, %(proposed_by)s, %(approved_by)s,
    %(approved_at)s)

-- name: fee_plans_of
select id, merchant_id, effective_from, currency, tiers, proposed_by, approved_by, approved_at
from merchants.fee_plans where merchant_id = %(merchant_id)s
order by effective_from desc, id desc
limit %(limit)s

-- name: insert_promotion
insert into merchants.promotions (id, merchant_id, name, begins_at, ends_at, "default", by_method, proposed_by, approved_by,
    approved_at)
values (%(id)s, %(merchant_id)s, %(name)s, %(begins_at)s, %(ends_at)s, %(default)s::jsonb, %(by_method)s::jsonb,
    %(proposed_by)s, %(approved_by)s, %(approved_at)s)

-- name: promotions_of
select id, merchant_id, name, begins_at, ends_at, "default", by_method, proposed_by, approved_by, approved_at
from merchants.promotions where merchant_id = %(merchant_id)s
order by ends_at desc, id desc
limit %(limit)s

-- name: add_volumes
-- In the order of the key, so that two who count at once do not wait for each other in a circle.
insert into merchants.volumes as v (merchant_id, month, currency, captured_minor, captures)
select *
from unnest(%(merchants)s::text[], %(months)s::text[], %(currencies)s::text[], %(amounts)s::bigint[], %(counts)s::bigint[])
    as counted (merchant_id, month, currency, captured_minor, captures)
order by merchant_id, month, currency
on conflict (merchant_id, month, currency) do update
set captured_minor = v.captured_minor + excluded.captured_minor, captures = v.captures + excluded.captures

-- name: volumes_of
select month, currency, captured_minor, captures
from merchants.volumes where merchant_id = %(merchant_id)s
order by month desc, currency
limit %(limit)s

-- name: volumes_in
select currency, captured_minor from merchants.volumes where merchant_id = %(merchant_id)s and month = %(month)s
