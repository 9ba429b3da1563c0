-- name: accounts_by_code
-- From after (code, currency) on; what begins with a prefix lies between that prefix and `before_code`.
select a.no
from ledger.accounts a
where (a.code, a.currency) > (%(after_code)s::text, %(after_currency)s::text)
    and a.code < %(before_code)s::text
    and (%(currency)s::text is null or a.currency = %(currency)s)
    and (%(account_class)s::text is null or a.account_class = %(account_class)s)
    and (%(metadata)s::jsonb is null or a.metadata @> %(metadata)s)
order by a.code, a.currency
limit %(limit)s

-- name: numbers_of_accounts
select a.no
from unnest(%(codes)s::text[], %(currencies)s::text[]) as asked (code, currency)
join ledger.accounts a using (code, currency)

-- name: name_of_account
select code, currency from ledger.accounts where no = %(account_no)s

-- name: accounts_with_balances
select a.no, a.code, a.currency, c.exponent, a.account_class, a.frozen, a.closed_at, a.metadata, a.opened_at, b.version,
    (
        select json_agg(json_build_object(
            'begins_at', l.begins_at, 'floor_minor', l.floor_minor, 'ceiling_minor', l.ceiling_minor
        ) order by l.begins_at, l.no)
        from ledger.limits l
        where l.account_no = a.no
    ) as limits,
    b.balance_minor, b.held_debits_minor, b.held_credits_minor
from unnest(%(account_nos)s::bigint[]) with ordinality as asked (no, place)
join ledger.accounts a on a.no = asked.no
join ledger.currencies c on c.code = a.currency
join ledger.balances b on b.account_no = a.no
order by asked.place

-- name: entries_newest_first
select e.no
from ledger.entries e
where e.no < %(before_no)s and e.no >= %(from_no)s
    and (%(kind)s::text is null or e.kind = %(kind)s)
    and (%(phase)s::text is null or e.phase = %(phase)s)
order by e.no desc
limit %(limit)s

-- name: entries_with_reference
select e.no
from ledger.entries e
where e.reference = %(reference)s and e.no < %(before_no)s and e.no >= %(from_no)s
    and (%(kind)s::text is null or e.kind = %(kind)s)
    and (%(phase)s::text is null or e.phase = %(phase)s)
    and (%(metadata)s::jsonb is null or e.metadata @> %(metadata)s)
    and (%(account_no)s::bigint is null or exists (
        select from ledger.postings p where p.entry_no = e.no and p.account_no = %(account_no)s
    ))
order by e.no desc
limit %(limit)s

-- name: entries_with_metadata
-- Found by the index on metadata and then sorted: walking back through all entries would be quick for a text that many
-- have, and would read the whole book for one that few have.
with found as materialized (
    select e.no, e.kind, e.phase
    from ledger.entries e
    where e.metadata @> %(metadata)s::jsonb and e.no < %(before_no)s and e.no >= %(from_no)s
)
select f.no
from found f
where (%(kind)s::text is null or f.kind = %(kind)s)
    and (%(phase)s::text is null or f.phase = %(phase)s)
    and (%(account_no)s::bigint is null or exists (
        select from ledger.postings p where p.entry_no = f.no and p.account_no = %(account_no)s
    ))
order by f.no desc
limit %(limit)s

-- name: entries_on_account
-- In the order of the key, each entry once, and looked at one by one: only as many as the page needs.
select p.entry_no
from (
    select distinct entry_no
    from ledger.postings
    where account_no = %(account_no)s and entry_no < %(before_no)s and entry_no >= %(from_no)s
    order by entry_no desc
) p
cross join lateral (
    select
    from ledger.entries e
    where e.no = p.entry_no
        and (%(kind)s::text is null or e.kind = %(kind)s)
        and (%(phase)s::text is null or e.phase = %(phase)s)
    limit 1
) e
order by p.entry_no desc
limit %(limit)s

-- name: page_of_postings
select p.entry_no, p.position, p.amount_minor, p.balance_after_minor
from ledger.postings p
where p.account_no = %(account_no)s
    and p.entry_no <= %(before_no)s and p.entry_no >= %(from_no)s
    and (p.entry_no, p.position) < (%(before_no)s, %(before_position)s)
order by p.entry_no desc, p.position desc
limit %(limit)s

-- name: sums_by_kind
-- What moved an account, by the kinds of its entries and the side. The entries are looked up one by one: their number is
-- that of the account's postings, not that of the months in which they lie.
select e.kind, p.amount_minor < 0, sum(abs(p.amount_minor)), count(*)
from ledger.postings p
cross join lateral (select kind from ledger.entries where no = p.entry_no limit 1) e
where p.account_no = %(account_no)s and p.entry_no >= %(from_no)s and p.entry_no < %(before_no)s
group by e.kind, p.amount_minor < 0
order by e.kind, p.amount_minor < 0

-- name: page_of_open_holds
select h.entry_no, h.position, h.amount_minor, h.expires_at
from ledger.holds h
join ledger.open_holds o on o.entry_no = h.entry_no
where h.account_no = %(account_no)s
    and h.entry_no <= %(before_no)s
    and (h.entry_no, h.position) < (%(before_no)s, %(before_position)s)
order by h.entry_no desc, h.position desc
limit %(limit)s

-- name: heads_of_entries
select e.no, e.id, e.kind, e.reference, e.effective_at
from unnest(%(numbers)s::bigint[]) as asked (no)
join ledger.entries e on e.no = asked.no
