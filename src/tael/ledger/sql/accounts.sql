-- name: find_accounts
-- `settled` is false for an account that this very transaction opened: it may yet be rolled back.
select a.no, a.code, a.currency, a.account_class, a.limit_rule, a.floor_minor,
    a.xmin is distinct from pg_current_xact_id_if_assigned()::xid as settled
from unnest(%(codes)s::text[], %(currencies)s::text[]) as asked (code, currency)
join ledger.accounts a using (code, currency)

-- name: insert_accounts
with opened as (
    insert into ledger.accounts (code, currency, account_class, limit_rule, floor_minor, opened_at)
    select code, currency, account_class, limit_rule, floor_minor, %(opened_at)s
    from unnest(
        %(codes)s::text[], %(currencies)s::text[], %(classes)s::text[], %(limit_rules)s::text[], %(floors)s::bigint[]
    ) as asked (code, currency, account_class, limit_rule, floor_minor)
    order by code, currency
    on conflict (code, currency) do nothing
    returning no
)
insert into ledger.balances (account_no) select no from opened

-- name: lock_balances
select account_no, balance_minor
from ledger.balances
where account_no = any(%(account_nos)s)
order by account_no
for update

-- name: update_balances
update ledger.balances b
set balance_minor = given.balance_minor
from unnest(%(account_nos)s::bigint[], %(balances)s::bigint[]) as given (account_no, balance_minor)
where b.account_no = given.account_no
