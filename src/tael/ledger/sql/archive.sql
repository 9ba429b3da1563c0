-- name: all_archives
select month, first_no, last_no, manifest, key, signature from ledger.archives order by month

-- name: insert_archive
-- For the owner alone.
insert into ledger.archives (month, first_no, last_no, manifest, key, signature, archived_at)
values (%(month)s, %(first_no)s, %(last_no)s, %(manifest)s, %(key)s, %(signature)s, %(archived_at)s)

-- name: copy_archived_entries
-- For the owner alone.
copy ledger.archived_entries (no, id, effective_at, terms, lines) from stdin

-- name: drop_months
-- For the owner alone.
select ledger.drop_months(%(month)s, %(last_no)s)

-- name: first_live_number
select min(no) from ledger.entries

-- name: why_not_archived
-- The first entry of a range that has no block yet, and the first whose hold has not ended.
select
    (
        select min(no) from ledger.entries
        where no <= %(last_no)s
            and no > coalesce((
                select last_no from ledger.blocks where sealed_table = 'entries' order by first_no desc limit 1
            ), -1)
    ),
    (select min(entry_no) from ledger.open_holds where entry_no <= %(last_no)s)

-- name: closing_balances
select a.no, a.code, a.currency, (coalesce(p.total, 0) + coalesce(o.balance_minor, 0))::bigint
from ledger.accounts a
left join (
    select account_no, sum(amount_minor) as total from ledger.postings where entry_no <= %(last_no)s group by account_no
) p on p.account_no = a.no
left join unnest(%(account_nos)s::bigint[], %(openings)s::bigint[]) as o (account_no, balance_minor)
    on o.account_no = a.no
where coalesce(p.total, 0) + coalesce(o.balance_minor, 0) <> 0
order by a.no

-- name: be_the_only_archivist
select pg_try_advisory_xact_lock(7235120006)

-- name: find_archived
select no, id, effective_at, terms, lines from ledger.archived_entries where no = any(%(numbers)s)

-- name: check_archived_ids
-- Every archived entry keeps its id, and the fingerprints that tell a repeat from a reuse.
select 'entry ' || coalesce(i.id, 'no. ' || a.no) || case
        when i.no is null then ' is archived, and its id is not in the list of ids'
        else ' (no. ' || i.no || ') is in the list of ids, and not among the archived entries'
    end
from (select id, no from ledger.entry_ids where no <= %(archived_until)s) i
full join ledger.archived_entries a on a.no = i.no
where i.no is null or a.no is null
limit 20

-- name: blocks_of_range
select no, sealed_table, first_no, last_no, row_count, root, previous_head, sealed_at, key, head as head_kept, signature
from ledger.blocks
where sealed_table = 'entries' and first_no <= %(last_no)s and last_no >= %(first_no)s
order by no
