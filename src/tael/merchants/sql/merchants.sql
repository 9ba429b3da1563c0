-- name: insert_merchant
insert into merchants.merchants (id, name, state, fee_basis_points, created_at)
values (%(id)s, %(name)s, %(state)s, %(fee_basis_points)s, %(created_at)s)

-- name: find_merchants
select id, name, state, fee_basis_points, created_at from merchants.merchants where id = any(%(ids)s)

-- name: list_merchants
select id, name, state, fee_basis_points, created_at from merchants.merchants
where %(after)s::text is null or id > %(after)s
order by id limit %(limit)s

-- name: mirror_merchant
-- The short row of a merchant as another house has it; false if it is there as it is.
insert into merchants.merchants as m (id, name, state, fee_basis_points, created_at)
values (%(id)s, %(name)s, %(state)s, %(fee_basis_points)s, %(created_at)s)
on conflict (id) do update
set name = excluded.name, state = excluded.state, fee_basis_points = excluded.fee_basis_points, version = m.version + 1
where (m.name, m.state, m.fee_basis_points) is distinct from (excluded.name, excluded.state, excluded.fee_basis_points)

-- name: find_standing
select id, name, state, fee_basis_points, created_at, version, state_since, state_reason, closes_at, risk, risk_reasons,
    risk_review_on
from merchants.merchants where id = %(id)s

-- name: lock_standing
-- Every change of a merchant's affairs goes one after the other. Keys and rows that refer to it are not held up.
select id, name, state, fee_basis_points, created_at, version, state_since, state_reason, closes_at, risk, risk_reasons,
    risk_review_on
from merchants.merchants where id = %(id)s for no key update

-- name: update_standing
update merchants.merchants
set name = %(name)s, state = %(state)s, fee_basis_points = %(fee_basis_points)s, version = %(version)s,
    state_since = %(state_since)s, state_reason = %(state_reason)s, closes_at = %(closes_at)s, risk = %(risk)s,
    risk_reasons = %(risk_reasons)s, risk_review_on = %(risk_review_on)s
where id = %(id)s

-- name: touch_merchant
update merchants.merchants set version = version + 1 where id = %(id)s

-- name: merchants_to_close
select id from merchants.merchants where state = 'closing' and closes_at <= %(now)s order by id limit %(limit)s

-- name: list_affairs
select m.id, m.name, m.state, m.fee_basis_points, m.created_at, m.version, m.state_since, m.state_reason, m.closes_at,
    m.risk, m.risk_reasons, m.risk_review_on, a.state as application_state, a.submitted_at
from merchants.merchants m
left join merchants.applications a on a.merchant_id = m.id
where (%(after)s::text is null or m.id < %(after)s)
  and (%(state)s::text is null or m.state = %(state)s)
  and (%(risk)s::text is null or m.risk = %(risk)s)
  and (%(application)s::text is null or a.state = %(application)s)
  and (%(name)s::text is null or strpos(lower(m.name), lower(%(name)s)) > 0)
  and (%(review_before)s::date is null or m.risk_review_on < %(review_before)s)
order by m.id desc
limit %(limit)s

-- name: count_merchants
select state, count(*) from merchants.merchants group by state

-- name: count_applications
select state, count(*) from merchants.applications group by state

-- name: insert_history
insert into merchants.history (merchant_id, happened_at, actor, what, from_state, to_state, note, object_id)
values (%(merchant_id)s, %(happened_at)s, %(actor)s, %(what)s, %(from_state)s, %(to_state)s, %(note)s, %(object_id)s)

-- name: list_history
select seq, merchant_id, happened_at, actor, what, from_state, to_state, note, object_id
from merchants.history
where merchant_id = %(merchant_id)s and (%(before)s::bigint is null or seq < %(before)s)
order by seq desc
limit %(limit)s
