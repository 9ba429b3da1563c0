-- name: insert_orders
insert into wallets.orders
    (number, amount_minor, currency, subject, state, created_at, expires_at, return_url, payee, static)
select number, amount_minor, currency, subject, 'waiting', %(created_at)s, expires_at, return_url, payee, static
from unnest(
    %(number)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[], %(subject)s::text[],
    %(expires_at)s::timestamptz[], %(return_url)s::text[], %(payee)s::text[], %(static)s::boolean[]
) as given (number, amount_minor, currency, subject, expires_at, return_url, payee, static)
order by number
on conflict (number) do nothing

-- name: lock_orders
-- In the order of numbers, so that batches with orders in common wait for one another and never deadlock.
select number, amount_minor, currency, subject, state, user_id, reason, strength, created_at, expires_at, ended_at,
    refunded_minor, return_url, payee, static
from wallets.orders where number = any(%(numbers)s) order by number for update

-- name: find_orders
select number, amount_minor, currency, subject, state, user_id, reason, strength, created_at, expires_at, ended_at,
    refunded_minor, return_url, payee, static
from wallets.orders where number = any(%(numbers)s)

-- name: list_waiting_orders
select number, amount_minor, currency, subject, state, user_id, reason, strength, created_at, expires_at, ended_at,
    refunded_minor, return_url, payee, static
from wallets.orders where state = 'waiting' and user_id = %(user_id)s and expires_at > %(now)s
order by created_at desc limit %(limit)s

-- name: update_orders
update wallets.orders o
set state = given.state, user_id = given.user_id, reason = given.reason, strength = given.strength,
    ended_at = given.ended_at, refunded_minor = given.refunded_minor
from unnest(
    %(number)s::text[], %(state)s::text[], %(user_id)s::text[], %(reason)s::text[], %(strength)s::text[],
    %(ended_at)s::timestamptz[], %(refunded_minor)s::bigint[]
) as given (number, state, user_id, reason, strength, ended_at, refunded_minor)
where o.number = given.number

-- name: close_due_orders
-- In the order of numbers; those that somebody is paying at this moment are left to the next round.
with due as (
    select number from wallets.orders where state = 'waiting' and expires_at <= %(now)s
    order by number limit %(limit)s for update skip locked
)
update wallets.orders o set state = 'closed', ended_at = %(now)s from due where o.number = due.number

-- name: insert_refunds
insert into wallets.order_refunds (number, order_number, user_id, amount_minor, currency, reason, refunded_at)
select number, order_number, user_id, amount_minor, currency, reason, refunded_at
from unnest(
    %(number)s::text[], %(order_number)s::text[], %(user_id)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[],
    %(reason)s::text[], %(refunded_at)s::timestamptz[]
) as given (number, order_number, user_id, amount_minor, currency, reason, refunded_at)

-- name: find_refunds
select number, order_number, user_id, amount_minor, currency, reason, refunded_at
from wallets.order_refunds where number = any(%(numbers)s)

-- name: insert_payment_code
insert into wallets.payment_codes (hash, user_id, login_id, made_at, accepted_until)
values (%(hash)s, %(user_id)s, %(login_id)s, %(made_at)s, %(accepted_until)s)
on conflict (hash) do nothing

-- name: use_payment_codes
-- Each once: by the order that came first, in the order of hashes.
with asked as (
    select hash, number from unnest(%(hashes)s::bytea[], %(numbers)s::text[]) as given (hash, number)
), held as (
    select c.hash from wallets.payment_codes c join asked using (hash) order by c.hash for update of c
)
update wallets.payment_codes c
set used_by = coalesce(c.used_by, asked.number), used_at = coalesce(c.used_at, %(now)s)
from asked join held using (hash)
where c.hash = asked.hash and (c.used_by is null and c.accepted_until > %(now)s or c.used_by = asked.number)
returning asked.number, c.user_id, c.login_id

-- name: forget_payment_codes
delete from wallets.payment_codes where accepted_until < %(before)s

-- name: insert_personal_code
insert into wallets.personal_codes (code, user_id, kind, amount_minor, currency, note, created_at, expires_at)
values (%(code)s, %(user_id)s, %(kind)s, %(amount_minor)s, %(currency)s, %(note)s, %(created_at)s, %(expires_at)s)

-- name: revoke_static_codes
update wallets.personal_codes set revoked_at = %(now)s
where user_id = %(user_id)s and kind = 'static' and revoked_at is null

-- name: find_personal_code
select code, user_id, kind, amount_minor, currency, note, created_at, expires_at, revoked_at
from wallets.personal_codes where code = %(code)s

-- name: find_static_code
select code, user_id, kind, amount_minor, currency, note, created_at, expires_at, revoked_at
from wallets.personal_codes where user_id = %(user_id)s and kind = 'static' and revoked_at is null

-- name: list_personal_codes
select code, user_id, kind, amount_minor, currency, note, created_at, expires_at, revoked_at
from wallets.personal_codes
where user_id = %(user_id)s and revoked_at is null and (expires_at is null or expires_at > %(now)s)
order by created_at desc, code limit %(limit)s

-- name: revoke_personal_code
update wallets.personal_codes set revoked_at = coalesce(revoked_at, %(now)s)
where code = %(code)s and user_id = %(user_id)s
returning code, user_id, kind, amount_minor, currency, note, created_at, expires_at, revoked_at

-- name: forget_personal_codes
delete from wallets.personal_codes where expires_at < %(before)s
