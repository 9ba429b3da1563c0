-- Rows as texts for their leaves: a JSON array that begins with what it is and its number. Moments are microseconds
-- since 2000, as in the numbers of entries. Every column that may never change is in the text.

-- name: texts_of_currencies
select no, json_build_array('currency', no, code, exponent)::text
from ledger.currencies
where no between %(first_no)s and %(last_no)s
order by no
limit %(limit)s

-- name: texts_of_accounts
select no, json_build_array('account', no, code, currency, account_class, ledger.number_at(opened_at))::text
from ledger.accounts
where no between %(first_no)s and %(last_no)s
order by no
limit %(limit)s

-- name: texts_of_limits
select l.no, json_build_array('limit', l.no, l.account_no, a.code, a.currency, ledger.number_at(l.begins_at),
    l.floor_minor, l.ceiling_minor, ledger.number_at(l.set_at))::text
from ledger.limits l
left join ledger.accounts a on a.no = l.account_no
where l.no between %(first_no)s and %(last_no)s
order by l.no
limit %(limit)s

-- name: texts_of_closings
select no, json_build_array('closing', no, ledger.number_at(closed_until), ledger.number_at(closed_at), actor)::text
from ledger.closings
where no between %(first_no)s and %(last_no)s
order by no
limit %(limit)s

-- name: texts_of_entries
-- A posting is [position, account, currency, amount, balance after], a hold has its expiry at the end.
select e.no, json_build_array('entry', e.no, e.id, e.kind, e.reference, e.phase, e.regards_no,
    ledger.number_at(e.effective_at), e.metadata, posted.lines, held.lines)::text
from ledger.entries e
left join (
    select p.entry_no, json_agg(
        json_build_array(p.position, a.code, a.currency, p.amount_minor, p.balance_after_minor)
        order by p.position, p.account_no, p.amount_minor
    ) as lines
    from ledger.postings p
    left join ledger.accounts a on a.no = p.account_no
    where p.entry_no between %(first_no)s and %(last_no)s
    group by p.entry_no
) posted on posted.entry_no = e.no
left join (
    select h.entry_no, json_agg(
        json_build_array(h.position, a.code, a.currency, h.amount_minor, ledger.number_at(h.expires_at))
        order by h.position
    ) as lines
    from ledger.holds h
    left join ledger.accounts a on a.no = h.account_no
    where h.entry_no between %(first_no)s and %(last_no)s
    group by h.entry_no
) held on held.entry_no = e.no
where e.no between %(first_no)s and %(last_no)s
order by e.no

-- name: number_of_entry
-- The number of the entry that is so many behind the first one of a range.
select no from ledger.entries where no between %(first_no)s and %(last_no)s order by no offset %(behind)s limit 1

-- name: greatest_numbers
select max_of.sealed_table, max_of.no
from (
    select 'currencies' as sealed_table, max(no) as no from ledger.currencies
    union all select 'accounts', max(no) from ledger.accounts
    union all select 'limits', max(no) from ledger.limits
    union all select 'closings', max(no) from ledger.closings
    union all select 'entries', max(no) from ledger.entries
) max_of
where max_of.no is not null

-- name: sealed_until
-- Ranges of a table follow one another, so the last one ends highest: one look into the index for each table.
select of_all.sealed_table, last.last_no
from unnest(array['currencies', 'accounts', 'limits', 'closings', 'entries']) as of_all (sealed_table)
cross join lateral (
    select b.last_no from ledger.blocks b
    where b.sealed_table = of_all.sealed_table
    order by b.first_no desc
    limit 1
) last

-- name: next_transaction
select pg_snapshot_xmax(pg_current_snapshot())::text::bigint

-- name: oldest_transaction
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint

-- name: be_the_only_sealer
select pg_try_advisory_xact_lock(7235120004)

-- name: newest_block
select no, head from ledger.blocks order by no desc limit 1

-- name: insert_block
insert into ledger.blocks (no, sealed_table, first_no, last_no, row_count, root, previous_head, sealed_at, key, head,
    signature, numbers, leaves)
values (%(no)s, %(sealed_table)s, %(first_no)s, %(last_no)s, %(row_count)s, %(root)s, %(previous_head)s,
    %(sealed_at)s, %(key)s, %(head)s, %(signature)s, %(numbers)s::bigint[], %(leaves)s)

-- name: list_blocks
select no, sealed_table, first_no, last_no, row_count, root, previous_head, sealed_at, key, head as head_kept, signature
from ledger.blocks
where no > %(after)s
order by no
limit %(limit)s

-- name: newest_blocks
select no, sealed_table, first_no, last_no, row_count, root, previous_head, sealed_at, key, head as head_kept, signature
from ledger.blocks
order by no desc
limit %(limit)s

-- name: block_of_row
select * from (
    select no, sealed_table, first_no, last_no, row_count, root, previous_head, sealed_at, key, head as head_kept,
        signature
    from ledger.blocks
    where sealed_table = %(sealed_table)s and first_no <= %(number)s
    order by first_no desc
    limit 1
) b
where last_no >= %(number)s

-- name: block_by_number
select no, sealed_table, first_no, last_no, row_count, root, previous_head, sealed_at, key, head as head_kept, signature
from ledger.blocks
where no = %(no)s

-- name: leaves_of_block
select numbers, leaves from ledger.blocks where no = %(no)s
