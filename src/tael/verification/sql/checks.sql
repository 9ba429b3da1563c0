-- name: lock_subject
-- Until the transaction ends nobody else begins a check of this person: they are counted.
select pg_advisory_xact_lock(hashtextextended('verification:' || %(subject)s, 0))

-- name: count_since
select count(*) from verification.checks
where subject = %(subject)s and source = %(source)s and created_at > %(since)s

-- name: insert_check
-- Whoever begins the same one at the same moment waits, and finds it there.
insert into verification.checks (
    id, subject, source, digest, state, reason, elements, findings, score_percent, reference, page_url, times_asked,
    created_at, next_ask_at, answered_at, given_up_at
)
values (
    %(id)s, %(subject)s, %(source)s, %(digest)s, 'unknown', 'under_way', %(elements)s::text[], '{}', null, '', '', 1,
    %(now)s, %(next_ask_at)s, null, null
)
on conflict (id) do nothing

-- name: digest_of_check
select subject, digest from verification.checks where id = %(id)s

-- name: find_checks
select id, subject, source, state, reason, elements, findings, score_percent, reference, page_url, times_asked, created_at,
    next_ask_at, answered_at, given_up_at
from verification.checks where id = any(%(ids)s)

-- name: lock_check
select id, subject, source, state, reason, elements, findings, score_percent, reference, page_url, times_asked, created_at,
    next_ask_at, answered_at, given_up_at
from verification.checks where id = %(id)s for update

-- name: list_checks
select id, subject, source, state, reason, elements, findings, score_percent, reference, page_url, times_asked, created_at,
    next_ask_at, answered_at, given_up_at
from verification.checks
where (%(before)s::text is null or id < %(before)s)
  and (%(subject)s::text is null or subject = %(subject)s)
  and (%(source)s::text is null or source = %(source)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(open)s::boolean is null or (next_ask_at is not null) = %(open)s)
order by id desc
limit %(limit)s

-- name: face_shown_at
-- When a person began to show the face that a source found to be that of their document; none: they never did.
select max(created_at) from verification.checks
where subject = %(subject)s and state = 'matched' and findings ->> 'portrait' = 'matched'

-- name: sources_due
select distinct source from verification.checks where next_ask_at <= %(now)s

-- name: claim_due_checks
-- The pushed-back time is a lease: if whoever took a check dies, another takes it after that.
update verification.checks c
set next_ask_at = %(lease_until)s, times_asked = times_asked + 1
from (
    select id from verification.checks where next_ask_at <= %(now)s and source = %(source)s
    order by next_ask_at
    limit %(limit)s
    for update skip locked
) due
where c.id = due.id
returning c.id

-- name: claim_check
-- Nothing if it has ended.
update verification.checks
set next_ask_at = %(lease_until)s, times_asked = times_asked + 1
where id = %(id)s and next_ask_at is not null

-- name: update_check
update verification.checks
set state = %(state)s, reason = %(reason)s, findings = %(findings)s::jsonb, score_percent = %(score_percent)s,
    reference = %(reference)s, page_url = %(page_url)s, next_ask_at = %(next_ask_at)s, answered_at = %(answered_at)s,
    given_up_at = %(given_up_at)s
where id = %(id)s

-- name: insert_question
insert into verification.questions (check_id, sealed) values (%(check_id)s, %(sealed)s)

-- name: question_of
select sealed from verification.questions where check_id = %(check_id)s

-- name: forget_question
delete from verification.questions where check_id = %(check_id)s

-- name: insert_document_read
insert into verification.documents_read (check_id, sealed, read_at) values (%(check_id)s, %(sealed)s, %(read_at)s)
on conflict (check_id) do nothing

-- name: document_read
select sealed from verification.documents_read where check_id = %(check_id)s

-- name: forget_documents_read
delete from verification.documents_read where read_at < %(before)s

-- name: how_sources_did
-- Of the checks that were begun since then.
select source, count(*)::int as asked,
    (count(*) filter (where state = 'matched'))::int as matched,
    (count(*) filter (where state = 'mismatched'))::int as mismatched,
    (count(*) filter (where state = 'partial'))::int as partial,
    (count(*) filter (where next_ask_at is not null))::int as open,
    (count(*) filter (where given_up_at is not null))::int as given_up,
    (percentile_disc(0.5) within group (order by extract(epoch from answered_at - created_at)) * 1000)::int as median_milliseconds,
    max(answered_at) as answered_last_at
from verification.checks where created_at >= %(since)s group by source

-- name: erase_questions_of
delete from verification.questions
where check_id in (select id from verification.checks where subject = %(subject)s)

-- name: erase_documents_read_of
delete from verification.documents_read
where check_id in (select id from verification.checks where subject = %(subject)s)

-- name: erase_checks_of
delete from verification.checks where subject = %(subject)s
