-- name: find_entries
select e.no, e.id, e.kind, e.reference, e.effective_at, e.booked_at
from ledger.entries e
where e.id = any(%(ids)s)

-- name: entries_by_reference
select e.no, e.id, e.kind, e.reference, e.effective_at, e.booked_at
from ledger.entries e
where e.reference = any(%(references)s)
order by e.no
limit %(limit)s

-- name: postings_of_entries
select p.entry_no, a.code, a.currency, a.account_class, p.amount_minor, p.balance_after_minor
from ledger.postings p
join ledger.accounts a on a.no = p.account_no
where p.entry_no = any(%(entry_nos)s)
order by p.entry_no, p.position

-- name: next_entry_numbers
select nextval('ledger.entry_numbers') from generate_series(1, %(count)s)

-- name: copy_entries
copy ledger.entries (no, id, kind, reference, effective_at, booked_at) from stdin

-- name: copy_postings
copy ledger.postings (account_no, entry_no, position, amount_minor, balance_after_minor) from stdin
