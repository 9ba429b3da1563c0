-- name: insert_transfers
insert into wallets.transfers (
    id, payer_id, payee_id, amount_minor, currency, state, note, code, static, strength, created_at, arrives_at, ended_at
)
select id, payer_id, payee_id, amount_minor, currency, state, note, code, static, strength, created_at, arrives_at, ended_at
from unnest(
    %(id)s::text[], %(payer_id)s::text[], %(payee_id)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[],
    %(state)s::text[], %(note)s::text[], %(code)s::text[], %(static)s::boolean[], %(strength)s::text[],
    %(created_at)s::timestamptz[], %(arrives_at)s::timestamptz[], %(ended_at)s::timestamptz[]
) as given (
    id, payer_id, payee_id, amount_minor, currency, state, note, code, static, strength, created_at, arrives_at, ended_at
)

-- name: known_pairs
-- Whose money has arrived with whom long enough ago. Of a pair with a long history only as much is read as it takes.
select asked.payer_id, asked.payee_id
from unnest(%(payer_ids)s::text[], %(payee_ids)s::text[]) as asked (payer_id, payee_id)
where exists (
    select from wallets.transfers t
    where t.payer_id = asked.payer_id and t.payee_id = asked.payee_id and t.state = 'arrived' and t.ended_at <= %(until)s
)

-- name: find_transfers
select id, payer_id, payee_id, amount_minor, currency, state, note, code, static, strength, created_at, arrives_at,
    ended_at, ended_because
from wallets.transfers where id = any(%(ids)s)

-- name: lock_transfer
select id, payer_id, payee_id, amount_minor, currency, state, note, code, static, strength, created_at, arrives_at,
    ended_at, ended_because
from wallets.transfers where id = %(id)s for update

-- name: lock_due_transfers
-- Those that another worker has are passed by.
select id, payer_id, payee_id, amount_minor, currency, state, note, code, static, strength, created_at, arrives_at,
    ended_at, ended_because
from wallets.transfers
where state = 'on_its_way' and arrives_at <= %(now)s
order by arrives_at
limit %(limit)s
for update skip locked

-- name: end_transfers
update wallets.transfers t
set state = given.state, ended_at = %(ended_at)s, ended_because = given.because
from unnest(%(ids)s::text[], %(states)s::text[], %(becauses)s::text[]) as given (id, state, because)
where t.id = given.id

-- name: list_on_their_way
-- Each side by its own index, in the order of ids: nobody pays themselves, so none comes twice.
(
    select id, payer_id, payee_id, amount_minor, currency, state, note, code, static, strength, created_at, arrives_at,
        ended_at, ended_because
    from wallets.transfers
    where state = 'on_its_way' and payer_id = %(user_id)s
    order by id desc
    limit %(limit)s
)
union all
(
    select id, payer_id, payee_id, amount_minor, currency, state, note, code, static, strength, created_at, arrives_at,
        ended_at, ended_because
    from wallets.transfers
    where state = 'on_its_way' and payee_id = %(user_id)s
    order by id desc
    limit %(limit)s
)
order by id desc
limit %(limit)s

-- name: warn_of_business
-- Whoever was paid so often by personal code since a moment, and was not warned that day.
insert into wallets.code_warnings (user_id, day, payments, warned_at)
select payee_id, %(day)s, count(*), %(now)s
from wallets.transfers
where code is not null and created_at >= %(since)s and state in ('arrived', 'on_its_way')
group by payee_id
having count(*) >= %(least)s
on conflict (user_id, day) do nothing
returning user_id, payments
