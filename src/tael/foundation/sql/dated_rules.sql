-- name: insert_dated_rule
insert into foundation.dated_rules
    (name, effective_from, value, source, verified, note, proposal_id, proposed_by, approved_by, approved_at)
values
    (%(name)s, %(effective_from)s, %(value)s::jsonb, %(source)s, %(verified)s, %(note)s, %(proposal_id)s,
     %(proposed_by)s, %(approved_by)s, %(approved_at)s)

-- name: list_dated_rules
-- All of them: there are few, and each process knows them by heart. In the order in which they were approved.
select name, effective_from, value, source, verified, note, number, proposal_id, proposed_by, approved_by, approved_at
from foundation.dated_rules
order by number

-- name: hold_dated_rules
-- Until the transaction ends nobody else approves a change: each sees what was approved before it.
select pg_advisory_xact_lock(hashtext('foundation.dated_rules'))
