-- name: insert_settings
insert into merchants.settlement_settings (id, merchant_id, effective_from, cycle, minimum_minor, reserve_basis_points,
    account, account_sealed, set_by, approved_by, created_at)
values (%(id)s, %(merchant_id)s, %(effective_from)s, %(cycle)s, %(minimum_minor)s, %(reserve_basis_points)s,
    %(account)s::jsonb, %(account_sealed)s, %(set_by)s, %(approved_by)s, %(created_at)s)

-- name: settings_of
-- Newest first; of those that begin together the one that was written last counts.
select id, merchant_id, effective_from, cycle, minimum_minor, reserve_basis_points, account, set_by, approved_by, created_at,
    account_sealed
from merchants.settlement_settings
where merchant_id = %(merchant_id)s and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: settings_at
select id, merchant_id, effective_from, cycle, minimum_minor, reserve_basis_points, account, set_by, approved_by, created_at,
    account_sealed
from merchants.settlement_settings
where merchant_id = %(merchant_id)s and effective_from <= %(at)s
order by effective_from desc, id desc
limit 1

-- name: insert_store
insert into merchants.stores (id, merchant_id, name, address, region, created_at)
values (%(id)s, %(merchant_id)s, %(name)s, %(address)s, %(region)s, %(created_at)s)

-- name: find_store
select id, merchant_id, name, address, region, created_at, closed_at
from merchants.stores where id = %(id)s and merchant_id = %(merchant_id)s

-- name: update_store
update merchants.stores
set name = %(name)s, address = %(address)s, region = %(region)s, closed_at = %(closed_at)s
where id = %(id)s

-- name: list_stores
select id, merchant_id, name, address, region, created_at, closed_at
from merchants.stores
where merchant_id = %(merchant_id)s and (%(before)s::text is null or id < %(before)s)
  and (not %(open)s or closed_at is null)
order by id desc
limit %(limit)s

-- name: insert_terminal
insert into merchants.terminals (id, merchant_id, store_id, serial, kind, name, created_at)
values (%(id)s, %(merchant_id)s, %(store_id)s, %(serial)s, %(kind)s, %(name)s, %(created_at)s)
on conflict (merchant_id, serial) where closed_at is null do nothing

-- name: find_terminal
select id, merchant_id, store_id, serial, kind, name, created_at, closed_at
from merchants.terminals where id = %(id)s and merchant_id = %(merchant_id)s

-- name: update_terminal
update merchants.terminals set store_id = %(store_id)s, name = %(name)s, closed_at = %(closed_at)s where id = %(id)s

-- name: close_terminals_in
update merchants.terminals set closed_at = %(now)s where store_id = %(store_id)s and closed_at is null

-- name: list_terminals
select id, merchant_id, store_id, serial, kind, name, created_at, closed_at
from merchants.terminals
where merchant_id = %(merchant_id)s and (%(before)s::text is null or id < %(before)s)
  and (%(store_id)s::text is null or store_id = %(store_id)s)
  and (not %(open)s or closed_at is null)
order by id desc
limit %(limit)s

-- name: terminals_in
select id from merchants.terminals where merchant_id = %(merchant_id)s and store_id = any(%(stores)s::text[]) order by id

-- name: count_places
select (select count(*) from merchants.stores where merchant_id = %(merchant_id)s and closed_at is null),
    (select count(*) from merchants.terminals where merchant_id = %(merchant_id)s and closed_at is null)
