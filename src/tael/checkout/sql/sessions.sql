-- name: insert_session
insert into checkout.sessions (
    id, merchant_id, state, amount_minor, currency, line_items, reference, description, metadata, descriptor,
    capture_method, methods, customer_id, success_url, cancel_url, tip_percents, tip_minor, payment_id, ui, origin, visit,
    payer, created_at, expires_at
) values (
    %(id)s, %(merchant_id)s, %(state)s, %(amount_minor)s, %(currency)s, %(line_items)s::text::jsonb, %(reference)s,
    %(description)s, %(metadata)s::text::jsonb, %(descriptor)s, %(capture_method)s, %(methods)s::text[], %(customer_id)s,
    %(success_url)s, %(cancel_url)s, %(tip_percents)s::int[], %(tip_minor)s, %(payment_id)s, %(ui)s, %(origin)s,
    %(visit)s, %(payer)s, %(created_at)s, %(expires_at)s
)
on conflict (origin, visit) do nothing

-- name: find_session
select * from checkout.sessions where id = %(id)s

-- name: find_sessions
select * from checkout.sessions where id = any(%(ids)s)

-- name: lock_session
select * from checkout.sessions where id = %(id)s for update

-- name: find_session_of_payment
select * from checkout.sessions where payment_id = %(payment_id)s

-- name: find_session_of_visit
select * from checkout.sessions where origin = %(origin)s and visit = %(visit)s

-- name: lock_sessions_of_payments
-- In the order of ids, so that two transactions with sessions in common wait for one another and never deadlock.
select * from checkout.sessions where payment_id = any(%(payment_ids)s) and state = 'open' order by id for update

-- name: lock_sessions_due
-- Those that have a payment end with it.
select * from checkout.sessions
where state = 'open' and payment_id is null and expires_at <= %(now)s
order by id limit %(limit)s for update skip locked

-- name: list_sessions
select * from checkout.sessions
where merchant_id = %(merchant_id)s
  and (%(before)s::text is null or id < %(before)s)
  and (%(state)s::text is null or state = %(state)s)
order by id desc limit %(limit)s

-- name: give_payment
update checkout.sessions set payment_id = %(payment_id)s, tip_minor = %(tip_minor)s where id = %(id)s

-- name: end_sessions
update checkout.sessions set state = %(state)s, ended_at = %(ended_at)s where id = any(%(ids)s)
