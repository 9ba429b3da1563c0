-- name: insert_fee_table
insert into partners.fee_tables
    (id, channel, effective_from, effective_until, lines, proposed_by, approved_by, approved_at)
values
    (%(id)s, %(channel)s, %(effective_from)s, %(effective_until)s, %(lines)s::jsonb, %(proposed_by)s,
     %(approved_by)s, %(approved_at)s)

-- name: end_fee_table
update partners.fee_tables set effective_until = %(effective_until)s where id = %(id)s

-- name: fee_tables_of
select id, channel, effective_from, effective_until, lines, proposed_by, approved_by, approved_at
from partners.fee_tables
where channel = %(channel)s
order by effective_from

-- name: fee_tables_ahead
-- Those that hold now or later, of all channels.
select id, channel, effective_from, effective_until, lines, proposed_by, approved_by, approved_at
from partners.fee_tables
where effective_until is null or effective_until > %(now)s
order by effective_from

-- name: list_fee_tables
-- Newest first.
select id, channel, effective_from, effective_until, lines, proposed_by, approved_by, approved_at
from partners.fee_tables
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: insert_weights
insert into partners.weights (id, effective_from, weights, proposed_by, approved_by)
values (%(id)s, %(effective_from)s, %(weights)s::jsonb, %(proposed_by)s, %(approved_by)s)

-- name: weights_at
-- The last that were approved, of those that begin last.
select id, effective_from, weights, proposed_by, approved_by
from partners.weights
where effective_from <= %(moment)s
order by effective_from desc, id desc
limit 1
