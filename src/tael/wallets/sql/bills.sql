-- name: packets_of_bills
select id, owner_id, greeting from wallets.red_packets where id = any(%(ids)s)

-- name: open_things
-- What a user has begun, or is to receive, that has not ended.
select 'transfers', count(*)
from (
    select from wallets.transfers where state = 'on_its_way' and payer_id = %(user_id)s
    union all
    select from wallets.transfers where state = 'on_its_way' and payee_id = %(user_id)s
) held
having count(*) > 0
union all
select 'red_packets', count(*)
from wallets.red_packets
where state = 'open' and owner_id = %(user_id)s
having count(*) > 0
union all
select 'orders', count(*)
from wallets.orders
where state = 'waiting' and user_id = %(user_id)s
having count(*) > 0

-- name: codes_of_user
select code, kind, note, created_at, revoked_at from wallets.personal_codes
where user_id = %(user_id)s
order by created_at
