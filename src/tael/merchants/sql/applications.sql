-- name: insert_application
insert into merchants.applications (id, merchant_id, state, particulars, sealed, created_at)
values (%(id)s, %(merchant_id)s, %(state)s, %(particulars)s::jsonb, %(sealed)s, %(created_at)s)

-- name: find_application
-- Whoever changes it has locked the merchant.
select id, merchant_id, state, particulars, reasons, created_at, submitted_at, reviewer, decided_at, decided_by, sealed
from merchants.applications where merchant_id = %(merchant_id)s

-- name: update_application
update merchants.applications
set state = %(state)s, particulars = %(particulars)s::jsonb, sealed = %(sealed)s, credit_code = %(credit_code)s,
    reasons = %(reasons)s::jsonb, submitted_at = %(submitted_at)s, reviewer = %(reviewer)s, decided_at = %(decided_at)s,
    decided_by = %(decided_by)s
where id = %(id)s

-- name: others_with_code
-- Other merchants that say they are the same company.
select merchant_id from merchants.applications
where credit_code = %(credit_code)s and merchant_id <> %(merchant_id)s
order by merchant_id
limit 20

-- name: insert_document
insert into merchants.documents (id, merchant_id, kind, name, media_type, size, digest, content, uploaded_by, uploaded_at)
values (%(id)s, %(merchant_id)s, %(kind)s, %(name)s, %(media_type)s, %(size)s, %(digest)s, %(content)s, %(uploaded_by)s,
    %(uploaded_at)s)

-- name: find_document
select id, merchant_id, kind, name, media_type, size, digest, uploaded_by, uploaded_at, removed_at
from merchants.documents where id = %(id)s and merchant_id = %(merchant_id)s

-- name: document_content
select content from merchants.documents where id = %(id)s and merchant_id = %(merchant_id)s

-- name: remove_document
update merchants.documents set removed_at = %(now)s where id = %(id)s

-- name: documents_of
select id, merchant_id, kind, name, media_type, size, digest, uploaded_by, uploaded_at, removed_at
from merchants.documents
where merchant_id = %(merchant_id)s and (%(removed)s or removed_at is null)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: uploads_of
-- What was ever handed in: what was taken out keeps its bytes.
select count(*) as uploads, count(*) filter (where removed_at is null) as documents, coalesce(sum(size), 0)::bigint as bytes
from merchants.documents where merchant_id = %(merchant_id)s

-- name: insert_signature
insert into merchants.signatures (id, merchant_id, version, signed_at, statement, signature, key)
values (%(id)s, %(merchant_id)s, %(version)s, %(signed_at)s, %(statement)s, %(signature)s, %(key)s)

-- name: signatures_of
select id, statement, signature, key from merchants.signatures where merchant_id = %(merchant_id)s
order by id desc
limit 50

-- name: find_signature
select id, statement, signature, key from merchants.signatures where id = %(id)s and merchant_id = %(merchant_id)s
