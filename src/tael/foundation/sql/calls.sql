-- name: find_calls
select c.owner, c.key, c.action, c.fingerprint, c.object_id, c.status, c.body, c.leased_until, c.leased_by, c.called_at
from unnest(%(owners)s::text[], %(keys)s::text[]) as asked (owner, key)
join foundation.calls c using (owner, key)

-- name: insert_calls
-- In key order, so that two transactions with keys in common wait for one another and never deadlock.
insert into foundation.calls (owner, key, action, fingerprint, object_id, status, body, leased_until, leased_by, called_at)
select * from unnest(
    %(owners)s::text[], %(keys)s::text[], %(actions)s::text[], %(fingerprints)s::bytea[], %(object_ids)s::text[],
    %(statuses)s::smallint[], %(bodies)s::bytea[], %(leases)s::timestamptz[], %(lessees)s::text[],
    %(times)s::timestamptz[]
)
on conflict (owner, key) do nothing

-- name: take_over_calls
update foundation.calls c
set leased_until = %(leased_until)s, leased_by = asked.lessee
from unnest(%(owners)s::text[], %(keys)s::text[], %(lessees)s::text[]) as asked (owner, key, lessee)
where (c.owner, c.key) = (asked.owner, asked.key) and c.status is null and c.leased_until <= %(now)s
returning c.owner, c.key

-- name: answer_calls
update foundation.calls c
set status = given.status, body = given.body, leased_until = null, leased_by = null
from unnest(%(owners)s::text[], %(keys)s::text[], %(statuses)s::smallint[], %(bodies)s::bytea[])
    as given (owner, key, status, body)
where (c.owner, c.key) = (given.owner, given.key) and c.status is null

-- name: forget_calls_of
-- The keys stay, so that none has a second effect; what was said and answered does not.
update foundation.calls set fingerprint = '', body = '{}' where owner = %(owner)s and status is not null
