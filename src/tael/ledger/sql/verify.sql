-- What must be true of the rows, whoever wrote them. Each query gives a sentence for each fault, 20 at most.
-- Months whose rows lie in files end at `archived_until`; `account_nos` and `openings` say where accounts stood then.

-- name: check_currencies_sum_to_zero
select a.currency || ' is off by ' || sum(p.amount_minor)
from ledger.postings p join ledger.accounts a on a.no = p.account_no
group by a.currency
having sum(p.amount_minor) <> 0

-- name: check_entries_balance
select 'entry ' || coalesce(e.id, 'no. ' || off.entry_no) || ' is off by ' || off.minor || ' ' || off.currency
from (
    select line.entry_no, a.currency, sum(line.amount_minor) as minor
    from (
        select entry_no, account_no, amount_minor from ledger.postings
        union all select entry_no, account_no, amount_minor from ledger.holds
    ) line
    join ledger.accounts a on a.no = line.account_no
    group by line.entry_no, a.currency
    having sum(line.amount_minor) <> 0
    order by line.entry_no
    limit 20
) off
left join ledger.entries e on e.no = off.entry_no

-- name: check_entries_have_lines
select 'entry ' || e.id || ' has no ' || case e.phase when 'pending' then 'holds' else 'postings' end
from ledger.entries e
where e.phase in ('single', 'post') and not exists (select from ledger.postings p where p.entry_no = e.no)
    or e.phase = 'pending' and not exists (select from ledger.holds h where h.entry_no = e.no)
limit 20

-- name: check_lines_have_entries
(
    select 'a posting on account ' || coalesce(a.code, 'no. ' || p.account_no) || ' belongs to entry no. '
        || p.entry_no || ', which is not there or moves nothing'
    from ledger.postings p
    left join ledger.accounts a on a.no = p.account_no
    where not exists (select from ledger.entries e where e.no = p.entry_no and e.phase in ('single', 'post'))
    limit 20
)
union all
(
    select 'a hold on account ' || coalesce(a.code, 'no. ' || h.account_no) || ' belongs to entry no. '
        || h.entry_no || ', which is not there or not pending'
    from ledger.holds h
    left join ledger.accounts a on a.no = h.account_no
    where not exists (select from ledger.entries e where e.no = h.entry_no and e.phase = 'pending')
    limit 20
)

-- name: check_running_balances
select 'after entry ' || coalesce(e.id, 'no. ' || wrong.entry_no) || ' the balance of '
    || coalesce(a.code, 'account no. ' || wrong.account_no) || ' is written as ' || wrong.balance_after_minor
    || ' and replays to ' || wrong.replayed
from (
    select replay.*
    from (
        select p.account_no, p.entry_no, p.balance_after_minor,
            sum(p.amount_minor) over (partition by p.account_no order by p.entry_no, p.position)
                + coalesce(o.balance_minor, 0) as replayed
        from ledger.postings p
        left join unnest(%(account_nos)s::bigint[], %(openings)s::bigint[]) as o (account_no, balance_minor)
            on o.account_no = p.account_no
    ) replay
    where replay.replayed <> replay.balance_after_minor
    order by replay.entry_no
    limit 20
) wrong
left join ledger.accounts a on a.no = wrong.account_no
left join ledger.entries e on e.no = wrong.entry_no
order by wrong.entry_no

-- name: check_balances_equal_replay
select coalesce(a.code || ' ' || a.currency, 'account no. ' || b.account_no) || ' stands at ' || b.balance_minor
    || ' and replays to ' || coalesce(p.total, 0) + coalesce(o.balance_minor, 0)
from ledger.balances b
left join ledger.accounts a on a.no = b.account_no
left join (select account_no, sum(amount_minor) as total from ledger.postings group by account_no) p
    on p.account_no = b.account_no
left join unnest(%(account_nos)s::bigint[], %(openings)s::bigint[]) as o (account_no, balance_minor)
    on o.account_no = b.account_no
where b.balance_minor <> coalesce(p.total, 0) + coalesce(o.balance_minor, 0)
limit 20

-- name: check_accounts_are_whole
select 'account ' || a.code || ' ' || a.currency || ' has no balance row'
from ledger.accounts a
where not exists (select from ledger.balances b where b.account_no = a.no)
union all
select 'account ' || a.code || ' ' || a.currency || ' has no limit, not even the one that says there is none'
from ledger.accounts a
where not exists (select from ledger.limits l where l.account_no = a.no)
union all
select 'account ' || a.code || ' is kept in ' || a.currency || ', which is not in the list of currencies'
from ledger.accounts a
where not exists (select from ledger.currencies c where c.code = a.currency)
union all
select 'a balance belongs to account no. ' || b.account_no || ', which is not there'
from ledger.balances b
where not exists (select from ledger.accounts a where a.no = b.account_no)
union all
select 'a limit belongs to account no. ' || l.account_no || ', which is not there'
from ledger.limits l
where not exists (select from ledger.accounts a where a.no = l.account_no)
limit 20

-- name: check_held_totals
select a.code || ' ' || a.currency || ' holds ' || b.held_debits_minor || ' debits and ' || b.held_credits_minor
    || ' credits, and its open holds are ' || coalesce(h.debits, 0) || ' and ' || coalesce(h.credits, 0)
from ledger.balances b
join ledger.accounts a on a.no = b.account_no
left join (
    select h.account_no, sum(greatest(h.amount_minor, 0)) as debits, -sum(least(h.amount_minor, 0)) as credits
    from ledger.open_holds o
    join ledger.holds h on h.entry_no = o.entry_no
    group by h.account_no
) h on h.account_no = b.account_no
where (b.held_debits_minor, b.held_credits_minor) is distinct from (coalesce(h.debits, 0), coalesce(h.credits, 0))
limit 20

-- name: check_open_holds
select 'an open hold belongs to entry no. ' || o.entry_no || ', which is not there or not pending'
from ledger.open_holds o
where not exists (select from ledger.entries e where e.no = o.entry_no and e.phase = 'pending')
union all
select 'the pending entry ' || e.id || ' is open, and ' || ending.id || ' has ended it'
from ledger.open_holds o
join ledger.entries e on e.no = o.entry_no
join ledger.entries ending on ending.regards_no = e.no and ending.phase in ('post', 'void', 'expiry')
union all
select 'the pending entry ' || e.id || ' has not ended and is not open'
from ledger.entries e
where e.phase = 'pending'
    and not exists (select from ledger.open_holds o where o.entry_no = e.no)
    and not exists (
        select from ledger.entries ending
        where ending.regards_no = e.no and ending.phase in ('post', 'void', 'expiry')
    )
union all
select distinct 'the open hold of entry ' || e.id || ' does not expire when its lines say'
from ledger.open_holds o
join ledger.entries e on e.no = o.entry_no
join ledger.holds h on h.entry_no = o.entry_no
where h.expires_at is distinct from o.expires_at
limit 20

-- name: check_ends
select 'entry ' || ending.id || ' ends entry no. ' || coalesce(ending.regards_no::text, '?')
    || ', which is not there or not pending'
from ledger.entries ending
where ending.phase in ('post', 'void', 'expiry')
    and (ending.regards_no > %(archived_until)s or ending.regards_no is null)
    and not exists (select from ledger.entries e where e.no = ending.regards_no and e.phase = 'pending')
union all
select 'the pending entry no. ' || regards_no || ' was ended ' || count(*) || ' times, by '
    || string_agg(id, ', ' order by no)
from ledger.entries
where phase in ('post', 'void', 'expiry')
group by regards_no
having count(*) > 1
limit 20

-- name: check_reversals
select 'entry ' || e.id || ' reverses entry no. ' || e.regards_no || ', which is not there or moved nothing'
from ledger.entries e
where e.phase in ('single', 'pending') and e.regards_no > %(archived_until)s
    and not exists (select from ledger.entries t where t.no = e.regards_no and t.phase in ('single', 'post'))
union all
select 'entry no. ' || regards_no || ' was reversed ' || count(*) || ' times, by ' || string_agg(id, ', ' order by no)
from ledger.entries
where phase = 'single' and regards_no is not null
group by regards_no
having count(*) > 1
union all
select 'entry ' || off.id || ' does not take back what entry no. ' || off.regards_no || ' moved on ' || a.code
from (
    select e.id, e.regards_no, p.account_no
    from ledger.entries e
    join ledger.postings p on p.entry_no in (e.no, e.regards_no)
    where e.phase = 'single' and e.regards_no > %(archived_until)s
    group by e.id, e.regards_no, p.account_no
    having sum(p.amount_minor) <> 0
) off
join ledger.accounts a on a.no = off.account_no
limit 20

-- name: check_posts_within_holds
select 'entry ' || e.id || ' posts ' || posted.minor || ' on ' || a.code || ', and '
    || coalesce(held.minor, 0) || ' was held'
from (
    select p.entry_no, e.regards_no, p.account_no, p.amount_minor > 0 as is_debit, sum(abs(p.amount_minor)) as minor
    from ledger.entries e
    join ledger.postings p on p.entry_no = e.no
    where e.phase = 'post' and e.regards_no > %(archived_until)s
    group by p.entry_no, e.regards_no, p.account_no, p.amount_minor > 0
) posted
join ledger.entries e on e.no = posted.entry_no
join ledger.accounts a on a.no = posted.account_no
left join (
    select entry_no, account_no, amount_minor > 0 as is_debit, sum(abs(amount_minor)) as minor
    from ledger.holds
    group by entry_no, account_no, amount_minor > 0
) held on held.entry_no = posted.regards_no and held.account_no = posted.account_no
    and held.is_debit = posted.is_debit
where posted.minor > coalesce(held.minor, 0)
limit 20

-- name: check_dated_postings
select 'the dated posting of entry ' || coalesce(p.id, 'no. ' || coalesce(p.entry_no, d.entry_no))
    || ' is not what its posting is'
from (
    select e.id, p.entry_no, p.position, p.account_no, p.amount_minor, e.effective_at
    from ledger.entries e
    join ledger.postings p on p.entry_no = e.no
    where e.effective_at is not null
) p
full join (select * from ledger.dated_postings where entry_no > %(archived_until)s) d
    on d.entry_no = p.entry_no and d.position = p.position
where (p.account_no, p.amount_minor, p.effective_at) is distinct from (d.account_no, d.amount_minor, d.effective_at)
limit 20

-- name: check_dated_balances
select 'after entry no. ' || replay.entry_no || ' the dated part of account no. ' || replay.account_no
    || ' is written as ' || replay.dated_after_minor || ' and replays to ' || replay.replayed
from (
    select account_no, entry_no, dated_after_minor,
        sum(amount_minor) over (partition by account_no order by entry_no, position) as replayed
    from ledger.dated_postings
) replay
where replay.replayed <> replay.dated_after_minor
union all
select 'the dated part of ' || a.code || ' stands at ' || b.dated_minor || ' and replays to ' || coalesce(d.total, 0)
from ledger.balances b
join ledger.accounts a on a.no = b.account_no
left join (select account_no, sum(amount_minor) as total from ledger.dated_postings group by account_no) d
    on d.account_no = b.account_no
where b.dated_minor <> coalesce(d.total, 0)
limit 20

-- name: check_dated_sums
select 'the ' || coalesce(s.span, d.span) || ' from ' || coalesce(s.begins_at, d.begins_at) || ' on account no. '
    || coalesce(s.account_no, d.account_no) || ' is written as ' || coalesce(s.amount::text, 'nothing')
    || ' and its dated postings are ' || coalesce(d.minor::text, 'nothing')
from ledger.dated_sums s
full join (
    select account_no, span, date_trunc(span, effective_at, 'UTC') as begins_at, sum(amount_minor) as minor
    from ledger.dated_postings, unnest(array['hour', 'day']) as span
    group by account_no, span, date_trunc(span, effective_at, 'UTC')
) d on d.account_no = s.account_no and d.span = s.span and d.begins_at = s.begins_at
where s.amount is distinct from d.minor
limit 20

-- name: check_entry_ids
select 'entry ' || coalesce(e.id, i.id) || case
        when i.id is null then ' (no. ' || e.no || ') is not in the list of ids'
        when e.id is null then ' is in the list of ids, and entry no. ' || i.no || ' is not there'
        else ' is no. ' || e.no || ' and no. ' || i.no || ' in the list of ids'
    end
from ledger.entries e
full join (select id, no from ledger.entry_ids where no > %(archived_until)s) i on i.id = e.id
where e.no is distinct from i.no
limit 20

-- name: count_blocks
select count(*) from ledger.blocks

-- name: unsealed_entries
select count(*), min(e.no), (select sealed_at from ledger.blocks order by no desc limit 1)
from ledger.entries e
where e.no > coalesce((
                select last_no from ledger.blocks where sealed_table = 'entries' order by first_no desc limit 1
            ), -1)

-- name: ids_of_numbers
select no, id from ledger.entry_ids where no = any(%(numbers)s)
