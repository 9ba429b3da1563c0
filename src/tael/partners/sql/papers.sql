-- name: insert_document
insert into partners.documents
    (id, channel, step, kind, name, size, digest, content, valid_from, valid_until, uploaded_by, uploaded_at)
values
    (%(id)s, %(channel)s, %(step)s, %(kind)s, %(name)s, %(size)s, %(digest)s, %(content)s, %(valid_from)s,
     %(valid_until)s, %(uploaded_by)s, %(uploaded_at)s)

-- name: find_document
select id, channel, step, kind, name, size, digest, valid_from, valid_until, uploaded_by, uploaded_at, ended_on
from partners.documents where id = %(id)s

-- name: content_of_document
select content from partners.documents where id = %(id)s

-- name: documents_of
select id, channel, step, kind, name, size, digest, valid_from, valid_until, uploaded_by, uploaded_at, ended_on
from partners.documents where channel = %(channel)s order by id

-- name: list_documents
-- Newest first.
select id, channel, step, kind, name, size, digest, valid_from, valid_until, uploaded_by, uploaded_at, ended_on
from partners.documents
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(kind)s::text is null or kind = %(kind)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: end_document
update partners.documents set ended_on = %(ended_on)s where id = %(id)s

-- name: insert_acceptance
insert into partners.acceptances
    (id, channel, document_id, connector, connector_version, promises, against, passed, cases, failed,
     finished_at, signed_by, recorded_by, recorded_at)
values
    (%(id)s, %(channel)s, %(document_id)s, %(connector)s, %(connector_version)s, %(promises)s, %(against)s,
     %(passed)s, %(cases)s, %(failed)s, %(finished_at)s, %(signed_by)s, %(recorded_by)s, %(recorded_at)s)

-- name: list_acceptances
-- Newest first.
select id, channel, document_id, connector, connector_version, promises, against, passed, cases, failed,
    finished_at, signed_by, recorded_by, recorded_at
from partners.acceptances
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: count_acceptances
-- By channel: how many failed, and when the first one passed.
select channel, count(*) filter (where not passed), min(recorded_at) filter (where passed)
from partners.acceptances
group by channel

-- name: insert_certificate
insert into partners.certificates
    (id, channel, name, subject, serial, fingerprint, starts_at, ends_at, recorded_by, recorded_at)
values
    (%(id)s, %(channel)s, %(name)s, %(subject)s, %(serial)s, %(fingerprint)s, %(starts_at)s, %(ends_at)s,
     %(recorded_by)s, %(recorded_at)s)

-- name: find_certificate
select id, channel, name, subject, serial, fingerprint, starts_at, ends_at, recorded_by, recorded_at, replaced_at
from partners.certificates where id = %(id)s for no key update

-- name: replace_certificate
update partners.certificates set replaced_at = %(replaced_at)s where id = %(id)s

-- name: list_certificates
-- Newest first.
select id, channel, name, subject, serial, fingerprint, starts_at, ends_at, recorded_by, recorded_at, replaced_at
from partners.certificates
where (%(channel)s::text is null or channel = %(channel)s)
  and (%(ends_before)s::timestamptz is null or (ends_at < %(ends_before)s and replaced_at is null))
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: certificates_in_use
select id, channel, name, subject, serial, fingerprint, starts_at, ends_at, recorded_by, recorded_at, replaced_at
from partners.certificates where replaced_at is null order by ends_at, id
