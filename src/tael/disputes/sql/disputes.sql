-- name: insert_dispute
-- Whoever hears of one at the same moment waits, and finds it there.
insert into disputes.disputes (
    id, channel, number, state, warning, reason, amount_minor, currency, respond_by, opened_at, ended_at, next_inquiry_at
)
values (
    %(id)s, %(channel)s, %(number)s, 'needs_response', true, %(reason)s, %(amount_minor)s, %(currency)s, %(respond_by)s,
    %(opened_at)s, null, %(opened_at)s
)
on conflict (channel, number) do nothing

-- name: id_by_number
select id from disputes.disputes where channel = %(channel)s and number = %(number)s

-- name: dispute_by_number
select id, channel, number, payment_id, attempt_id, merchant_id, state, warning, reason, amount_minor, currency, respond_by,
    answer, answered_at, evidence_sealed, money, held_minor, charged_minor, pending_minor, moves, doubted_at,
    inquiries, next_inquiry_at, warned_days, channel_code, opened_at, ended_at
from disputes.disputes where channel = %(channel)s and number = %(number)s

-- name: lock_disputes
-- In the order of ids. The payments are locked before.
select id, channel, number, payment_id, attempt_id, merchant_id, state, warning, reason, amount_minor, currency, respond_by,
    answer, answered_at, evidence_sealed, money, held_minor, charged_minor, pending_minor, moves, doubted_at,
    inquiries, next_inquiry_at, warned_days, channel_code, opened_at, ended_at
from disputes.disputes where id = any(%(ids)s) order by id for update

-- name: find_disputes
select id, channel, number, payment_id, attempt_id, merchant_id, state, warning, reason, amount_minor, currency, respond_by,
    answer, answered_at, evidence_sealed, money, held_minor, charged_minor, pending_minor, moves, doubted_at,
    inquiries, next_inquiry_at, warned_days, channel_code, opened_at, ended_at
from disputes.disputes where id = any(%(ids)s)

-- name: disputes_of_payments
select id, channel, number, payment_id, attempt_id, merchant_id, state, warning, reason, amount_minor, currency, respond_by,
    answer, answered_at, evidence_sealed, money, held_minor, charged_minor, pending_minor, moves, doubted_at,
    inquiries, next_inquiry_at, warned_days, channel_code, opened_at, ended_at
from disputes.disputes where payment_id = any(%(payment_ids)s) order by id

-- name: list_disputes
select id, channel, number, payment_id, attempt_id, merchant_id, state, warning, reason, amount_minor, currency, respond_by,
    answer, answered_at, evidence_sealed, money, held_minor, charged_minor, pending_minor, moves, doubted_at,
    inquiries, next_inquiry_at, warned_days, channel_code, opened_at, ended_at
from disputes.disputes
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null or id < %(before)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(payment_id)s::text is null or payment_id = %(payment_id)s)
  and (%(opened_from)s::timestamptz is null or opened_at >= %(opened_from)s)
  and (%(opened_before)s::timestamptz is null or opened_at < %(opened_before)s)
order by id desc
limit %(limit)s

-- name: list_all_disputes
-- For staff.
select id, channel, number, payment_id, attempt_id, merchant_id, state, warning, reason, amount_minor, currency, respond_by,
    answer, answered_at, evidence_sealed, money, held_minor, charged_minor, pending_minor, moves, doubted_at,
    inquiries, next_inquiry_at, warned_days, channel_code, opened_at, ended_at
from disputes.disputes
where (%(before)s::text is null or id < %(before)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(merchant_id)s::text is null or merchant_id = %(merchant_id)s)
order by id desc
limit %(limit)s

-- name: count_all_disputes
select state, count(*) from disputes.disputes group by state

-- name: search_disputes
-- A merchant has few of them.
select id, channel, number, payment_id, attempt_id, merchant_id, state, warning, reason, amount_minor, currency, respond_by,
    answer, answered_at, evidence_sealed, money, held_minor, charged_minor, pending_minor, moves, doubted_at,
    inquiries, next_inquiry_at, warned_days, channel_code, opened_at, ended_at
from disputes.disputes
where merchant_id = %(merchant_id)s
  and (id = %(text)s or payment_id = %(text)s or number = %(text)s or amount_minor = any(%(amounts_minor)s))
order by id desc
limit %(limit)s

-- name: update_dispute
update disputes.disputes
set payment_id = %(payment_id)s, attempt_id = %(attempt_id)s, merchant_id = %(merchant_id)s, state = %(state)s,
    warning = %(warning)s, reason = %(reason)s, amount_minor = %(amount_minor)s, respond_by = %(respond_by)s,
    answer = %(answer)s, answered_at = %(answered_at)s, evidence_sealed = %(evidence_sealed)s, money = %(money)s,
    held_minor = %(held_minor)s, charged_minor = %(charged_minor)s, pending_minor = %(pending_minor)s,
    moves = %(moves)s, doubted_at = %(doubted_at)s, inquiries = %(inquiries)s, next_inquiry_at = %(next_inquiry_at)s,
    warned_days = %(warned_days)s, channel_code = %(channel_code)s, ended_at = %(ended_at)s
where id = %(id)s

-- name: channels_with_disputes_due
select distinct channel from disputes.disputes where next_inquiry_at <= %(now)s

-- name: claim_due_disputes
-- The pushed-back time is a lease: if the janitor that took a dispute dies, another takes it after that.
update disputes.disputes d
set next_inquiry_at = %(lease_until)s
from (
    select id from disputes.disputes
    where channel = %(channel)s and next_inquiry_at <= %(now)s
    order by next_inquiry_at
    limit %(limit)s
    for update skip locked
) due
where d.id = due.id
returning d.id

-- name: disputes_to_warn
select id from disputes.disputes
where state = 'needs_response' and answer is null and payment_id is not null
  and respond_by > %(now)s and respond_by <= %(until)s
order by respond_by
limit %(limit)s

-- name: count_disputes_by_state
select state, count(*) from disputes.disputes where merchant_id = %(merchant_id)s group by state

-- name: unanswered_disputes
select id, channel, number, payment_id, attempt_id, merchant_id, state, warning, reason, amount_minor, currency, respond_by,
    answer, answered_at, evidence_sealed, money, held_minor, charged_minor, pending_minor, moves, doubted_at,
    inquiries, next_inquiry_at, warned_days, channel_code, opened_at, ended_at
from disputes.disputes
where merchant_id = %(merchant_id)s and state = 'needs_response' and answer is null
order by respond_by, id
limit %(limit)s

-- name: insert_file
insert into disputes.files (id, dispute_id, field, name, media_type, size, digest, content, uploaded_by, uploaded_at, removed_at)
values (%(id)s, %(dispute_id)s, %(field)s, %(name)s, %(media_type)s, %(size)s, %(digest)s, %(content)s, %(uploaded_by)s,
    %(uploaded_at)s, %(removed_at)s)

-- name: files_of_dispute
select id, dispute_id, field, name, media_type, size, digest, uploaded_by, uploaded_at, removed_at
from disputes.files where dispute_id = %(dispute_id)s and (%(removed)s or removed_at is null)
order by id

-- name: file_content
select content from disputes.files where id = %(id)s

-- name: remove_files
update disputes.files set removed_at = %(now)s where id = any(%(ids)s) and removed_at is null
