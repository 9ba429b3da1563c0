-- name: insert_payments
insert into payments.payments (
    id, merchant_id, reference, description, amount_minor, currency, state, fee_basis_points, return_url,
    created_at, expires_at, metadata, descriptor, capture_method, fee_terms_id, source
)
select id, merchant_id, reference, description, amount_minor, currency, state, fee_basis_points, return_url,
    created_at, expires_at, metadata::jsonb, descriptor, capture_method, fee_terms_id, source
from unnest(
    %(id)s::text[], %(merchant_id)s::text[], %(reference)s::text[], %(description)s::text[],
    %(amount_minor)s::bigint[], %(currency)s::text[], %(state)s::text[], %(fee_basis_points)s::int[],
    %(return_url)s::text[], %(created_at)s::timestamptz[], %(expires_at)s::timestamptz[], %(metadata)s::text[],
    %(descriptor)s::text[], %(capture_method)s::text[], %(fee_terms_id)s::text[], %(source)s::text[]
) as given (
    id, merchant_id, reference, description, amount_minor, currency, state, fee_basis_points, return_url,
    created_at, expires_at, metadata, descriptor, capture_method, fee_terms_id, source
)

-- name: lock_payments
-- In the order of ids, so that batches with payments in common wait for one another and never deadlock.
select id, merchant_id, reference, description, amount_minor, currency, state, closing_as, captured_by, captured_minor,
    refunded_minor, refunding_minor, fee_basis_points, fee_minor, fee_returned_minor, return_url, created_at,
    expires_at, ended_at, metadata, descriptor, capture_method, fee_terms_id, source, authorised_minor, capture_before,
    disputed_minor, discount_minor, method, channel
from payments.payments where id = any(%(ids)s) order by id for update

-- name: find_payments
select id, merchant_id, reference, description, amount_minor, currency, state, closing_as, captured_by, captured_minor,
    refunded_minor, refunding_minor, fee_basis_points, fee_minor, fee_returned_minor, return_url, created_at,
    expires_at, ended_at, metadata, descriptor, capture_method, fee_terms_id, source, authorised_minor, capture_before,
    disputed_minor, discount_minor, method, channel
from payments.payments where id = any(%(ids)s)

-- name: update_payments
update payments.payments p
set state = n.state, closing_as = n.closing_as, captured_by = n.captured_by, captured_minor = n.captured_minor,
    refunded_minor = n.refunded_minor, refunding_minor = n.refunding_minor, fee_minor = n.fee_minor,
    fee_returned_minor = n.fee_returned_minor, ended_at = n.ended_at, authorised_minor = n.authorised_minor,
    capture_before = n.capture_before, discount_minor = n.discount_minor,
    method = n.method, channel = n.channel
from unnest(
    %(id)s::text[], %(state)s::text[], %(closing_as)s::text[], %(captured_by)s::text[], %(captured_minor)s::bigint[], %(refunded_minor)s::bigint[],
    %(refunding_minor)s::bigint[], %(fee_minor)s::bigint[], %(fee_returned_minor)s::bigint[], %(ended_at)s::timestamptz[],
    %(authorised_minor)s::bigint[], %(capture_before)s::timestamptz[], %(discount_minor)s::bigint[],
    %(method)s::text[], %(channel)s::text[]
) as n (
    id, state, closing_as, captured_by, captured_minor, refunded_minor, refunding_minor, fee_minor, fee_returned_minor, ended_at,
    authorised_minor, capture_before, discount_minor, method, channel
)
where p.id = n.id

-- name: update_disputed
update payments.payments set disputed_minor = %(disputed_minor)s where id = %(id)s

-- name: lock_expired_payments
-- Payments whose time is over and that no live attempt can still pay; one that was begun while we waited for a lock is not seen.
select p.id, p.merchant_id, p.reference, p.description, p.amount_minor, p.currency, p.state, p.closing_as,
    p.captured_by, p.captured_minor, p.refunded_minor, p.refunding_minor, p.fee_basis_points, p.fee_minor, p.fee_returned_minor,
    p.return_url, p.created_at, p.expires_at, p.ended_at, p.metadata, p.descriptor, p.capture_method, p.fee_terms_id,
    p.source, p.authorised_minor, p.capture_before, p.disputed_minor, p.discount_minor, p.method, p.channel
from payments.payments p
where p.state in ('created', 'processing', 'requires_action') and p.expires_at <= %(now)s
  and not exists (
      select from payments.attempts a
      where a.payment_id = p.id and a.state in ('created', 'waiting', 'unknown')
  )
order by p.id
limit %(limit)s
for update of p skip locked

-- name: attempts_with_money
-- The lines of a list of attempts, each with its payment. Where a line names no attempt, any of the payment's will do.
select line
from unnest(%(payment_ids)s::text[], %(attempt_ids)s::text[]) with ordinality as n (payment_id, attempt_id, line)
join payments.payments p on p.id = n.payment_id
where p.captured_minor > 0 and (n.attempt_id is null or n.attempt_id = p.captured_by)
    or exists (
        select from payments.attempts a
        where a.payment_id = p.id and (n.attempt_id is null or n.attempt_id = a.id)
            and a.state in ('created', 'waiting', 'unknown', 'authorised')
    )
