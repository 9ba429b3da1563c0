-- name: insert_static_code
insert into checkout.static_codes (
    id, merchant_id, code, name, store_id, terminal_id, currency, active, created_at
) values (
    %(id)s, %(merchant_id)s, %(code)s, %(name)s, %(store_id)s, %(terminal_id)s, %(currency)s, %(active)s, %(created_at)s
)

-- name: find_static_code
select * from checkout.static_codes where id = %(id)s

-- name: find_static_code_by_code
select * from checkout.static_codes where code = %(code)s

-- name: list_static_codes
select * from checkout.static_codes
where merchant_id = %(merchant_id)s and (%(before)s::text is null or id < %(before)s)
  and (%(active)s::boolean is null or active = %(active)s)
order by id desc limit %(limit)s

-- name: set_static_code_active
update checkout.static_codes set active = %(active)s where id = %(id)s and merchant_id = %(merchant_id)s

-- name: taken_elsewhere
select payment_id from checkout.charges
where payment_id = any(%(ids)s::text[]) and (store_id is null or store_id <> all(%(stores)s::text[]))

-- name: addresses_in
-- As payments name where they came from.
select 'payment_link:' || id from checkout.links where merchant_id = %(merchant_id)s and store_id = any(%(stores)s::text[])
union all
select 'static_code:' || id from checkout.static_codes
where merchant_id = %(merchant_id)s and store_id = any(%(stores)s::text[])

-- name: spend
-- Counted before the payer pays: no row comes back if it is more than the day allows.
insert into checkout.payer_days as d (payer, day, currency, amount_minor)
select %(payer)s, %(day)s, %(currency)s, %(amount_minor)s where %(amount_minor)s::bigint <= %(most_minor)s
on conflict (payer, day, currency) do update set amount_minor = d.amount_minor + excluded.amount_minor
where d.amount_minor + excluded.amount_minor <= %(most_minor)s
returning d.amount_minor

-- name: give_back_spending
-- In the order of the key; the rows are locked first, because an update does not promise an order.
with given as (
    select * from unnest(%(payers)s::bytea[], %(days)s::date[], %(currencies)s::text[], %(amounts)s::bigint[])
        as given (payer, day, currency, amount_minor)
), summed as (
    select payer, day, currency, sum(amount_minor)::bigint as amount_minor from given group by payer, day, currency
), locked as (
    select d.payer, d.day, d.currency from checkout.payer_days d join summed using (payer, day, currency)
    order by payer, day, currency for update of d
)
update checkout.payer_days d set amount_minor = d.amount_minor - s.amount_minor
from summed s join locked using (payer, day, currency)
where d.payer = s.payer and d.day = s.day and d.currency = s.currency

-- name: forget_payer_days
delete from checkout.payer_days where ctid = any(array(
    select ctid from checkout.payer_days where day < %(before)s limit %(limit)s))

-- name: insert_charge
insert into checkout.charges (payment_id, merchant_id, store_id, terminal_id, method, actor, created_at)
values (%(payment_id)s, %(merchant_id)s, %(store_id)s, %(terminal_id)s, %(method)s, %(actor)s, %(created_at)s)

-- name: find_charge
select * from checkout.charges where payment_id = %(id)s

-- name: charges_of
select payment_id from checkout.charges where payment_id = any(%(ids)s::text[]) order by payment_id

-- name: list_charges
select * from checkout.charges
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null or payment_id < %(before)s)
  and (%(terminal_id)s::text is null or terminal_id = %(terminal_id)s)
  and (%(stores)s::text[] is null or store_id = any(%(stores)s))
order by payment_id desc limit %(limit)s
