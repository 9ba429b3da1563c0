-- name: insert_attempts
insert into payments.attempts (
    id, payment_id, channel, state, amount_minor, currency, created_at, next_inquiry_at
)
select id, payment_id, channel, 'created', amount_minor, currency, created_at, next_inquiry_at
from unnest(
    %(id)s::text[], %(payment_id)s::text[], %(channel)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[],
    %(created_at)s::timestamptz[], %(next_inquiry_at)s::timestamptz[]
) as given (id, payment_id, channel, amount_minor, currency, created_at, next_inquiry_at)

-- name: payment_ids_of_attempts
select id, payment_id from payments.attempts where id = any(%(ids)s)

-- name: find_attempts
select id, payment_id, channel, state, amount_minor, currency, code_url, code_expires_at, channel_reference,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at
from payments.attempts where id = any(%(ids)s)

-- name: attempts_of_payments
select id, payment_id, channel, state, amount_minor, currency, code_url, code_expires_at, channel_reference,
    channel_code, created_at, ended_at, inquiries, next_inquiry_at
from payments.attempts where payment_id = any(%(payment_ids)s) order by id

-- name: update_attempts
update payments.attempts a
set state = n.state, code_url = n.code_url, code_expires_at = n.code_expires_at,
    channel_reference = n.channel_reference, channel_code = n.channel_code, ended_at = n.ended_at,
    inquiries = n.inquiries, next_inquiry_at = n.next_inquiry_at
from unnest(
    %(id)s::text[], %(state)s::text[], %(code_url)s::text[], %(code_expires_at)s::timestamptz[],
    %(channel_reference)s::text[], %(channel_code)s::text[], %(ended_at)s::timestamptz[], %(inquiries)s::int[],
    %(next_inquiry_at)s::timestamptz[]
) as n (
    id, state, code_url, code_expires_at, channel_reference, channel_code, ended_at, inquiries, next_inquiry_at
)
where a.id = n.id

-- name: claim_due_attempts
-- The pushed-back time is a lease: if the janitor that took an attempt dies, another takes it after that.
update payments.attempts a
set next_inquiry_at = %(lease_until)s
from (
    select id from payments.attempts
    where next_inquiry_at <= %(now)s
    order by next_inquiry_at
    limit %(limit)s
    for update skip locked
) due
where a.id = due.id
returning a.id
