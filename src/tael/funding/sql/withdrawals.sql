-- name: insert_quote
insert into funding.withdrawal_quotes (id, user_id, bank_card_id, amount_minor, fee_minor, currency, arrives_seconds,
    made_at, expires_at, used_by)
values (%(id)s, %(user_id)s, %(bank_card_id)s, %(amount_minor)s, %(fee_minor)s, %(currency)s, %(arrives_seconds)s,
    %(made_at)s, %(expires_at)s, %(used_by)s)

-- name: lock_quote
select id, user_id, bank_card_id, amount_minor, fee_minor, currency, arrives_seconds, made_at, expires_at,
    used_by from funding.withdrawal_quotes where id = %(id)s for update

-- name: find_quote
select id, user_id, bank_card_id, amount_minor, fee_minor, currency, arrives_seconds, made_at, expires_at,
    used_by from funding.withdrawal_quotes where id = %(id)s

-- name: use_quote
update funding.withdrawal_quotes set used_by = %(used_by)s where id = %(id)s

-- name: forget_quotes
delete from funding.withdrawal_quotes where used_by is null and expires_at < %(before)s

-- name: insert_withdrawal
insert into funding.withdrawals (id, user_id, bank_card_id, quote_id, payout_id, amount_minor, fee_minor, currency,
    state, strength, reason, created_at, arrives_by, ended_at)
values (%(id)s, %(user_id)s, %(bank_card_id)s, %(quote_id)s, %(payout_id)s, %(amount_minor)s, %(fee_minor)s,
    %(currency)s, %(state)s, %(strength)s, %(reason)s, %(created_at)s, %(arrives_by)s, %(ended_at)s)

-- name: find_withdrawals
select id, user_id, bank_card_id, quote_id, payout_id, amount_minor, fee_minor, currency, state, strength, reason,
    created_at, arrives_by, ended_at from funding.withdrawals where id = any(%(ids)s)

-- name: find_withdrawal
select id, user_id, bank_card_id, quote_id, payout_id, amount_minor, fee_minor, currency, state, strength, reason,
    created_at, arrives_by, ended_at from funding.withdrawals where id = %(id)s

-- name: lock_withdrawals
select id, user_id, bank_card_id, quote_id, payout_id, amount_minor, fee_minor, currency, state, strength, reason,
    created_at, arrives_by, ended_at from funding.withdrawals where id = any(%(ids)s) order by id for update

-- name: update_withdrawal
update funding.withdrawals
set state = %(state)s, reason = %(reason)s, ended_at = %(ended_at)s
where id = %(id)s

-- name: withdrawals_since
select coalesce(sum(amount_minor), 0)::bigint, count(*)
from funding.withdrawals
where user_id = %(user_id)s and currency = %(currency)s and created_at >= %(since)s and state not in ('failed',
    'returned')

-- name: list_withdrawals
select id, user_id, bank_card_id, quote_id, payout_id, amount_minor, fee_minor, currency, state, strength, reason,
    created_at, arrives_by, ended_at from funding.withdrawals
where user_id = %(user_id)s and id < coalesce(%(before)s::text, '~')
order by id desc
limit %(limit)s

-- name: still_open
select 'top_up', id from funding.top_ups where user_id = %(user_id)s and state = 'waiting'
union all
select 'top_up_refund', id from funding.top_up_refunds where user_id = %(user_id)s and state = 'processing'
union all
select 'withdrawal', id from funding.withdrawals where user_id = %(user_id)s and state = 'processing'
union all
select 'top_up_debt', id from funding.top_up_debts where user_id = %(user_id)s and ended_at is null
order by 2
limit 100

-- name: page_of_withdrawals
-- For staff.
select id, user_id, bank_card_id, quote_id, payout_id, amount_minor, fee_minor, currency, state, strength, reason,
    created_at, arrives_by, ended_at
from funding.withdrawals
where (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(state)s::text is null or state = %(state)s)
  and id < coalesce(%(before)s::text, '~')
order by id desc
limit %(limit)s
