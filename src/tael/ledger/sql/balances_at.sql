-- name: balances_before
-- What was on accounts before a moment, debits positive: as booked, and the difference to what it is as entries count
-- (null unless `effective`); and the last number whose rows have been archived.
--
-- As booked, it is the balance after the last posting before: the first row of an index, and months are looked at one
-- by one until it is found. An entry may have several lines on the account, hence the ties. Null: there is none.
--
-- As entries count, what was booked with an effective time of its own is taken off, and what counts before the
-- moment, whenever it was booked, is put on: whole days, whole hours, and the rest.
select (
    select p.balance_after_minor
    from (
        select last.balance_after_minor, last.position
        from ledger.postings last
        where last.account_no = asked.account_no and last.entry_no < %(before_no)s::bigint
        order by last.entry_no desc
        fetch first 1 row with ties
    ) p
    order by p.position desc
    limit 1
) as booked_minor, dated.difference_minor,
    (select last_no from ledger.archives order by month desc limit 1) as archived_no
from unnest(%(account_nos)s::bigint[]) with ordinality as asked (account_no, place)
left join lateral (
    select (
        select coalesce(sum(d.amount), 0)
        from ledger.dated_sums d
        where d.account_no = asked.account_no and d.span = 'day'
            and d.begins_at < date_trunc('day', %(before)s::timestamptz, 'UTC')
    ) + (
        select coalesce(sum(h.amount), 0)
        from ledger.dated_sums h
        where h.account_no = asked.account_no and h.span = 'hour'
            and h.begins_at >= date_trunc('day', %(before)s::timestamptz, 'UTC')
            and h.begins_at < date_trunc('hour', %(before)s::timestamptz, 'UTC')
    ) + (
        select coalesce(sum(r.amount_minor), 0)
        from ledger.dated_postings r
        where r.account_no = asked.account_no and r.effective_at < %(before)s::timestamptz
            and r.effective_at >= date_trunc('hour', %(before)s::timestamptz, 'UTC')
    ) - coalesce((
        select k.dated_after_minor
        from ledger.dated_postings k
        where k.account_no = asked.account_no and k.entry_no < %(before_no)s::bigint
        order by k.entry_no desc, k.position desc
        limit 1
    ), 0) as difference_minor
    where %(effective)s
) dated on true
order by asked.place

-- name: balances_before_all_that_is_kept
-- What was on accounts before the first posting that is kept at or after a moment; without one, what is on them now.
-- For accounts that have none before: there never was one, or its month has been archived.
select coalesce((
    select p.balance_after_minor - p.amount_minor
    from (
        select next.balance_after_minor, next.amount_minor, next.position
        from ledger.postings next
        where next.account_no = asked.account_no and next.entry_no >= %(before_no)s::bigint
        order by next.entry_no
        fetch first 1 row with ties
    ) p
    order by p.position
    limit 1
), b.balance_minor)
from unnest(%(account_nos)s::bigint[]) with ordinality as asked (account_no, place)
join ledger.balances b on b.account_no = asked.account_no
order by asked.place

-- name: last_archived_number
select (select last_no from ledger.archives order by month desc limit 1)
