-- name: accounts_in_order
-- The accounts whose code begins like this, after one that was seen before.
select a.no, a.code, a.currency, c.exponent, a.account_class, a.frozen, a.closed_at, b.balance_minor,
    b.held_debits_minor, b.held_credits_minor
from ledger.accounts a
join ledger.currencies c on c.code = a.currency
join ledger.balances b on b.account_no = a.no
where a.code >= %(begins_with)s and a.code < %(ends_before)s
    and (a.code, a.currency) > (%(after_code)s, %(after_currency)s)
order by a.code, a.currency
limit %(limit)s

-- name: sums_of_prefix
-- What all accounts whose code begins like this come to, in each currency.
select a.currency, c.exponent, count(*) as accounts, sum(b.balance_minor) as balance_minor,
    sum(b.held_debits_minor) as held_debits_minor, sum(b.held_credits_minor) as held_credits_minor
from ledger.accounts a
join ledger.currencies c on c.code = a.currency
join ledger.balances b on b.account_no = a.no
where a.code >= %(begins_with)s and a.code < %(ends_before)s
group by a.currency, c.exponent
order by a.currency

-- name: sums_by_node
-- The same by the first segments of the code, for the account of that code and all accounts below it.
select array_to_string((string_to_array(a.code, ':'))[1:%(segments)s], ':') as node, a.account_class, a.currency,
    c.exponent, count(*) as accounts, sum(b.balance_minor) as balance_minor,
    sum(b.held_debits_minor) as held_debits_minor, sum(b.held_credits_minor) as held_credits_minor
from ledger.accounts a
join ledger.currencies c on c.code = a.currency
join ledger.balances b on b.account_no = a.no
where a.code = %(root)s or (a.code >= %(begins_with)s and a.code < %(ends_before)s)
group by node, a.account_class, a.currency, c.exponent
limit %(limit)s

-- name: trial_balance
-- The balances of now on their sides, by the first segments of the code.
select array_to_string((string_to_array(a.code, ':'))[1:%(segments)s], ':') as node, a.currency, c.exponent,
    a.account_class, coalesce(sum(b.balance_minor) filter (where b.balance_minor > 0), 0) as debits_minor,
    coalesce(-sum(b.balance_minor) filter (where b.balance_minor < 0), 0) as credits_minor
from ledger.accounts a
join ledger.currencies c on c.code = a.currency
join ledger.balances b on b.account_no = a.no
group by node, a.currency, c.exponent, a.account_class
limit %(limit)s
