-- What a page's lines are is settled before their entries are looked up, one by one: joined in one go, the entries
-- would be read from the first on.

-- name: lines_as_booked
-- The postings of an account from one number to another, after a line that was seen before.
select page.entry_no, e.id, e.kind, e.reference, e.effective_at, page.position, page.amount_minor
from (
    select p.entry_no, p.position, p.amount_minor
    from ledger.postings p
    where p.account_no = %(account_no)s
        and p.entry_no >= %(after_no)s::bigint and p.entry_no < %(before_no)s::bigint
        and (p.entry_no, p.position) > (%(after_no)s::bigint, %(after_position)s::smallint)
    order by p.entry_no, p.position
    limit %(limit)s
) page
left join lateral (select * from ledger.entries where no = page.entry_no limit 1) e on true
order by page.entry_no, page.position

-- name: lines_as_effective
-- The same in the order in which they count: those that counted when they were booked, and those with a time of
-- their own, each from where the page before ended.
with undated as (
    select ledger.moment_of(p.entry_no) as counts_at, p.entry_no, p.position, p.amount_minor
    from ledger.postings p
    where p.account_no = %(account_no)s
        and p.entry_no >= %(after_no)s::bigint and p.entry_no < %(before_no)s::bigint
        and (p.entry_no, p.position) > (%(after_no)s::bigint, %(after_position)s::smallint)
        and (select e.effective_at from ledger.entries e where e.no = p.entry_no) is null
    order by p.entry_no, p.position
    limit %(limit)s
), dated as (
    select d.effective_at as counts_at, d.entry_no, d.position, d.amount_minor
    from ledger.dated_postings d
    where d.account_no = %(account_no)s
        and (d.effective_at, d.entry_no, d.position)
            > (%(after)s::timestamptz, %(after_dated_no)s::bigint, %(after_dated_position)s::smallint)
        and d.effective_at < %(before)s::timestamptz
    order by d.effective_at, d.entry_no, d.position
    limit %(limit)s
), page as (
    select * from undated
    union all
    select * from dated
    order by counts_at, entry_no, position
    limit %(limit)s
)
select page.entry_no, e.id, e.kind, e.reference, page.counts_at, page.position, page.amount_minor
from page
left join lateral (select * from ledger.entries where no = page.entry_no limit 1) e on true
order by page.counts_at, page.entry_no, page.position

-- name: sum_of_lines_at
-- What lines up to one of them come to that count at the very moment at which it does.
select coalesce(sum(amount_minor), 0)
from (
    select p.amount_minor
    from ledger.postings p
    join ledger.entries e on e.no = p.entry_no
    where p.account_no = %(account_no)s and p.entry_no = ledger.number_at(%(moment)s::timestamptz)
        and e.effective_at is null
        and (p.entry_no, p.position) <= (%(through_no)s::bigint, %(through_position)s::smallint)
    union all
    select d.amount_minor
    from ledger.dated_postings d
    where d.account_no = %(account_no)s and d.effective_at = %(moment)s::timestamptz
        and (d.entry_no, d.position) <= (%(through_no)s::bigint, %(through_position)s::smallint)
) counted

-- name: sum_of_lines_booked_at
-- What the lines of one entry come to, up to one of them.
select coalesce(sum(amount_minor), 0)
from ledger.postings
where account_no = %(account_no)s and entry_no = %(through_no)s::bigint and position <= %(through_position)s::smallint
