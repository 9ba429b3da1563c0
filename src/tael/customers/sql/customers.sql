-- name: insert_customer
insert into customers.customers (
    id, merchant_id, reference, sealed, name_shown, email_shown, phone_shown, created_at)
values (
    %(id)s, %(merchant_id)s, %(reference)s, %(sealed)s, %(name_shown)s, %(email_shown)s, %(phone_shown)s, %(created_at)s)
on conflict (merchant_id, reference) where reference is not null do nothing

-- name: find_customer
select id, merchant_id, reference, name_shown, email_shown, phone_shown, created_at
from customers.customers where id = %(id)s and merchant_id = %(merchant_id)s

-- name: list_customers
select id, merchant_id, reference, name_shown, email_shown, phone_shown, created_at
from customers.customers
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null or id < %(before)s)
  and (%(reference)s::text is null or reference = %(reference)s)
order by id desc
limit %(limit)s

-- name: insert_method
insert into customers.payment_methods (
    id, merchant_id, customer_id, source, channel, token, brand, first6, last4, exp_month, exp_year,
    consent_text_version, consent_given_at, consent_address, created_at)
values (
    %(id)s, %(merchant_id)s, %(customer_id)s, %(source)s, %(channel)s, %(token)s, %(brand)s, %(first6)s, %(last4)s,
    %(exp_month)s, %(exp_year)s, %(consent_text_version)s, %(consent_given_at)s, %(consent_address)s, %(created_at)s)

-- name: find_method
select id, merchant_id, customer_id, source, channel, token, brand, first6, last4, exp_month, exp_year,
    consent_text_version, consent_given_at, consent_address, created_at, detached_at
from customers.payment_methods where id = %(id)s and merchant_id = %(merchant_id)s

-- name: list_methods
select id, merchant_id, customer_id, source, channel, token, brand, first6, last4, exp_month, exp_year,
    consent_text_version, consent_given_at, consent_address, created_at, detached_at
from customers.payment_methods
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null or id < %(before)s)
  and (%(customer_id)s::text is null or customer_id = %(customer_id)s)
order by id desc
limit %(limit)s

-- name: detach_method
update customers.payment_methods set detached_at = coalesce(detached_at, %(now)s) where id = %(id)s

-- name: insert_mandate
insert into customers.mandates (
    id, merchant_id, payment_method_id, kind, currency, most_per_payment_minor, most_per_period_minor, period,
    expires_at, consent_text_version, consent_given_at, consent_address, created_at)
values (
    %(id)s, %(merchant_id)s, %(payment_method_id)s, %(kind)s, %(currency)s, %(most_per_payment_minor)s,
    %(most_per_period_minor)s, %(period)s, %(expires_at)s, %(consent_text_version)s, %(consent_given_at)s,
    %(consent_address)s, %(created_at)s)

-- name: find_mandate
select id, merchant_id, payment_method_id, kind, currency, most_per_payment_minor, most_per_period_minor, period,
    expires_at, consent_text_version, consent_given_at, consent_address, created_at, revoked_at, revoked_by
from customers.mandates where id = %(id)s and merchant_id = %(merchant_id)s

-- name: lock_mandate
-- One payment after the other: two at once must not both find the limit unreached.
select id, merchant_id, payment_method_id, kind, currency, most_per_payment_minor, most_per_period_minor, period,
    expires_at, consent_text_version, consent_given_at, consent_address, created_at, revoked_at, revoked_by
from customers.mandates where id = %(id)s and merchant_id = %(merchant_id)s
for no key update

-- name: list_mandates
select id, merchant_id, payment_method_id, kind, currency, most_per_payment_minor, most_per_period_minor, period,
    expires_at, consent_text_version, consent_given_at, consent_address, created_at, revoked_at, revoked_by
from customers.mandates
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null or id < %(before)s)
  and (%(payment_method_id)s::text is null or payment_method_id = %(payment_method_id)s)
order by id desc
limit %(limit)s

-- name: revoke_mandate
update customers.mandates set revoked_at = %(now)s, revoked_by = %(by)s where id = %(id)s and revoked_at is null

-- name: revoke_mandates_of_method
update customers.mandates set revoked_at = %(now)s, revoked_by = %(by)s
where payment_method_id = %(payment_method_id)s and revoked_at is null

-- name: uses_since
select mandate_id, payment_id, attempt_id, amount_minor from customers.mandate_uses
where mandate_id = %(mandate_id)s and used_at >= %(since)s and payment_id <> %(payment_id)s

-- name: insert_use
insert into customers.mandate_uses (mandate_id, payment_id, attempt_id, amount_minor, used_at)
values (%(mandate_id)s, %(payment_id)s, %(attempt_id)s, %(amount_minor)s, %(used_at)s)

-- name: insert_card_agreed
insert into customers.cards_agreed (
    attempt_id, payment_id, merchant_id, customer_id, card_token, text_version, address, agreed_at)
values (
    %(attempt_id)s, %(payment_id)s, %(merchant_id)s, %(customer_id)s, %(card_token)s, %(text_version)s, %(address)s,
    %(agreed_at)s)
on conflict do nothing

-- name: list_cards_agreed
select attempt_id, payment_id, merchant_id, customer_id, card_token, text_version, address, agreed_at
from customers.cards_agreed where attempt_id > %(after)s
order by attempt_id
limit %(limit)s

-- name: delete_card_agreed
delete from customers.cards_agreed where attempt_id = %(attempt_id)s
