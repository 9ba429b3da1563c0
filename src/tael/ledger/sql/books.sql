-- name: trial_balance
select a.code, a.currency, a.account_class,
    coalesce(sum(p.amount_minor) filter (where p.amount_minor > 0), 0)::numeric::text as debits,
    coalesce(-sum(p.amount_minor) filter (where p.amount_minor < 0), 0)::numeric::text as credits,
    b.balance_minor
from ledger.accounts a
join ledger.balances b on b.account_no = a.no
left join ledger.postings p on p.account_no = a.no
group by a.no, b.balance_minor
order by a.currency, a.account_class, a.code

-- name: count_books
select (select count(*) from ledger.entries), (select count(*) from ledger.postings),
    (select count(*) from ledger.accounts)

-- name: check_currencies_sum_to_zero
select a.currency || ' is off by ' || sum(p.amount_minor)
from ledger.postings p join ledger.accounts a on a.no = p.account_no
group by a.currency
having sum(p.amount_minor) <> 0

-- name: check_entries_balance
select 'entry ' || e.id || ' is off by ' || sum(p.amount_minor) || ' ' || a.currency
from ledger.postings p
join ledger.entries e on e.no = p.entry_no
join ledger.accounts a on a.no = p.account_no
group by e.id, a.currency
having sum(p.amount_minor) <> 0
limit 20

-- name: check_entries_have_postings
select 'entry ' || e.id || ' has no postings'
from ledger.entries e
where not exists (select from ledger.postings p where p.entry_no = e.no)
limit 20

-- name: check_postings_have_entries
select 'a posting on account ' || a.code || ' belongs to entry no. ' || p.entry_no || ', which is not there'
from ledger.postings p
join ledger.accounts a on a.no = p.account_no
where not exists (select from ledger.entries e where e.no = p.entry_no)
limit 20

-- name: check_running_balances
select 'after entry ' || coalesce(e.id, 'no. ' || r.entry_no) || ' the balance of ' || a.code || ' is written as '
    || r.balance_after_minor || ' and replays to ' || r.replayed
from (
    select account_no, entry_no, balance_after_minor,
        sum(amount_minor) over (partition by account_no order by entry_no, position) as replayed
    from ledger.postings
) r
join ledger.accounts a on a.no = r.account_no
left join ledger.entries e on e.no = r.entry_no
where r.replayed <> r.balance_after_minor
order by r.entry_no
limit 20

-- name: check_balances_equal_replay
select a.code || ' ' || a.currency || ' stands at ' || b.balance_minor || ' and replays to ' || coalesce(p.total, 0)
from ledger.balances b
join ledger.accounts a on a.no = b.account_no
left join (select account_no, sum(amount_minor) as total from ledger.postings group by account_no) p
    on p.account_no = b.account_no
where b.balance_minor <> coalesce(p.total, 0)
limit 20

-- name: check_accounts_have_balances
select 'account ' || a.code || ' ' || a.currency || ' has no balance row'
from ledger.accounts a
where not exists (select from ledger.balances b where b.account_no = a.no)
limit 20
