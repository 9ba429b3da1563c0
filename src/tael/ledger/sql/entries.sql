-- name: find_numbers
select id, no from ledger.entry_ids where id = any(%(ids)s)

-- name: entries_by_number
select e.no, e.id, e.kind, e.reference, e.phase, e.metadata, e.effective_at,
    coalesce(r.id, x.id) as regards
from unnest(%(numbers)s::bigint[]) as asked (no)
join ledger.entries e on e.no = asked.no
left join ledger.entries r on r.no = e.regards_no
left join ledger.archived_entries x on x.no = e.regards_no

-- name: entries_by_reference
select e.no, e.id, e.kind, e.reference, e.phase, e.metadata, e.effective_at,
    coalesce(r.id, x.id) as regards
from ledger.entries e
left join ledger.entries r on r.no = e.regards_no
left join ledger.archived_entries x on x.no = e.regards_no
where e.reference = any(%(references)s)
order by e.no
limit %(limit)s

-- name: postings_of_entries
select p.entry_no, a.code, a.currency, c.exponent, a.account_class, p.amount_minor, p.balance_after_minor
from unnest(%(numbers)s::bigint[]) as asked (entry_no)
join ledger.postings p on p.entry_no = asked.entry_no
join ledger.accounts a on a.no = p.account_no
join ledger.currencies c on c.code = a.currency
order by p.entry_no, p.position

-- name: holds_of_entries
select h.entry_no, a.code, a.currency, c.exponent, a.account_class, h.amount_minor, h.expires_at
from unnest(%(numbers)s::bigint[]) as asked (entry_no)
join ledger.holds h on h.entry_no = asked.entry_no
join ledger.accounts a on a.no = h.account_no
join ledger.currencies c on c.code = a.currency
order by h.entry_no, h.position

-- name: entries_regarding
select e.regards_no, e.phase, e.id
from unnest(%(numbers)s::bigint[]) as asked (no)
join ledger.entries e on e.regards_no = asked.no

-- name: draw_numbers
select ledger.draw_numbers(%(count)s, %(now_us)s)

-- name: closed_until
select closed_until from ledger.closings order by no desc limit 1

-- name: copy_entries
copy ledger.entries (no, effective_at, regards_no, phase, id, kind, reference, metadata) from stdin

-- name: copy_entry_ids
copy ledger.entry_ids (id, no) from stdin

-- name: copy_postings
copy ledger.postings (account_no, entry_no, amount_minor, balance_after_minor, position) from stdin

-- name: copy_holds
copy ledger.holds (account_no, entry_no, amount_minor, expires_at, position) from stdin

-- name: copy_open_holds
copy ledger.open_holds (entry_no, expires_at) from stdin

-- name: end_holds
delete from ledger.open_holds where entry_no = any(%(numbers)s)

-- name: due_holds
select e.id
from ledger.open_holds o
join ledger.entries e on e.no = o.entry_no
where o.expires_at <= %(now)s
order by o.expires_at
limit %(limit)s

-- name: copy_dated_postings
copy ledger.dated_postings (account_no, effective_at, entry_no, amount_minor, dated_after_minor, position) from stdin

-- name: add_dated_sums
insert into ledger.dated_sums as kept (account_no, span, begins_at, amount)
select account_no, span, begins_at, amount
from unnest(%(account_nos)s::bigint[], %(spans)s::text[], %(begins_at)s::timestamptz[], %(amounts)s::numeric[])
    as given (account_no, span, begins_at, amount)
on conflict (account_no, span, begins_at) do update set amount = kept.amount + excluded.amount
