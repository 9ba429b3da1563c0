-- name: find_accounts
-- `settled` is false for an account that this very transaction may have touched: what it sees may yet be rolled back. What a
-- part of it did that can be rolled back alone (a savepoint) has a number of its own, later than the transaction's: so what is
-- older than the transaction is settled, and about the rest is asked again.
select a.no, a.code, a.currency, c.exponent, a.account_class, a.frozen, a.closed_at, a.metadata, a.opened_at, b.version,
    (
        select json_agg(json_build_object(
            'begins_at', l.begins_at, 'floor_minor', l.floor_minor, 'ceiling_minor', l.ceiling_minor
        ) order by l.begins_at, l.no)
        from ledger.limits l
        where l.account_no = a.no
    ) as limits,
    pg_current_xact_id_if_assigned() is null
        or age(a.xmin) > age(pg_current_xact_id_if_assigned()::xid)
            and age(b.xmin) > age(pg_current_xact_id_if_assigned()::xid) as settled
from unnest(%(codes)s::text[], %(currencies)s::text[]) as asked (code, currency)
join ledger.accounts a using (code, currency)
join ledger.currencies c on c.code = a.currency
join ledger.balances b on b.account_no = a.no

-- name: insert_currencies
insert into ledger.currencies (code, exponent)
select distinct code, exponent from unnest(%(codes)s::text[], %(exponents)s::smallint[]) as asked (code, exponent)
order by code
on conflict (code) do nothing

-- name: find_currencies
select code, exponent from ledger.currencies where code = any(%(codes)s)

-- name: insert_accounts
with asked as (
    select distinct on (code, currency) *
    from unnest(
        %(codes)s::text[], %(currencies)s::text[], %(classes)s::text[], %(metadata)s::jsonb[],
        %(floors)s::bigint[], %(ceilings)s::bigint[]
    ) as asked (code, currency, account_class, metadata, floor_minor, ceiling_minor)
    order by code, currency
), opened as (
    insert into ledger.accounts (code, currency, account_class, metadata, opened_at)
    select code, currency, account_class, metadata, %(opened_at)s
    from asked
    order by code, currency
    on conflict (code, currency) do nothing
    returning no, code, currency
), limited as (
    insert into ledger.limits (account_no, begins_at, floor_minor, ceiling_minor, set_at)
    select opened.no, %(begins_at)s, asked.floor_minor, asked.ceiling_minor, %(opened_at)s
    from opened join asked using (code, currency)
)
insert into ledger.balances (account_no) select no from opened

-- name: lock_balances
select account_no, balance_minor, held_debits_minor, held_credits_minor, dated_minor, version
from ledger.balances
where account_no = any(%(account_nos)s)
order by account_no
for update

-- name: update_balances
update ledger.balances b
set balance_minor = given.balance_minor, held_debits_minor = given.held_debits_minor,
    held_credits_minor = given.held_credits_minor, dated_minor = given.dated_minor
from unnest(
    %(account_nos)s::bigint[], %(balances)s::bigint[], %(held_debits)s::bigint[], %(held_credits)s::bigint[],
    %(dated)s::bigint[]
) as given (account_no, balance_minor, held_debits_minor, held_credits_minor, dated_minor)
where b.account_no = given.account_no

-- name: insert_limits
insert into ledger.limits (account_no, begins_at, floor_minor, ceiling_minor, set_at)
select account_no, begins_at, floor_minor, ceiling_minor, %(set_at)s
from unnest(
    %(account_nos)s::bigint[], %(begins_at)s::timestamptz[], %(floors)s::bigint[], %(ceilings)s::bigint[]
) as asked (account_no, begins_at, floor_minor, ceiling_minor)

-- name: set_standing
update ledger.accounts set frozen = %(frozen)s, closed_at = %(closed_at)s, metadata = %(metadata)s::jsonb
where no = %(account_no)s

-- name: raise_versions
update ledger.balances set version = version + 1 where account_no = any(%(account_nos)s)
