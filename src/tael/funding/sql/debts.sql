-- name: begin_debt
-- The same refund may go, come back, and go again.
insert into funding.top_up_debts (id, top_up_id, user_id, amount_minor, currency, since)
values (%(id)s, %(top_up_id)s, %(user_id)s, %(amount_minor)s, %(currency)s, %(since)s)
on conflict (id) do update
set amount_minor = excluded.amount_minor, since = excluded.since, ended_at = null, note = ''
where top_up_debts.ended_at is not null

-- name: end_debt
update funding.top_up_debts set ended_at = %(now)s, note = %(note)s
where id = %(id)s and ended_at is null

-- name: open_debts
select id, top_up_id, user_id, amount_minor, currency, since, ended_at, note
from funding.top_up_debts
where ended_at is null
order by since
limit %(limit)s

-- name: debts_of
-- A user has few; the last hundred.
select id, top_up_id, user_id, amount_minor, currency, since, ended_at, note
from funding.top_up_debts
where user_id = %(user_id)s
order by since desc
limit 100
