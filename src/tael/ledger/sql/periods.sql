-- name: lock_numbers
-- Waits until every transaction has ended that has drawn numbers, and keeps others from drawing until this one ends.
select pg_advisory_xact_lock(7235120003)

-- name: leave_numbers_behind
-- Every number that is drawn from now on is that of a moment at or after `moment`, whatever the writer's clock says.
select setval('ledger.entry_numbers', greatest(last_value, ledger.number_at(%(moment)s::timestamptz) - 1))
from ledger.entry_numbers

-- name: insert_closing
insert into ledger.closings (closed_until, closed_at, actor) values (%(closed_until)s, %(closed_at)s, %(actor)s)

-- name: closings
select closed_until, closed_at, actor from ledger.closings order by no desc limit %(limit)s

-- name: last_moment
-- The moment of the last number drawn: numbers of a large batch run ahead of the clock by a few milliseconds.
select ledger.moment_of(last_value) from ledger.entry_numbers
