-- name: insert_token
insert into vault.tokens (
    id, merchant_id, session, kind, brand, first6, last4, exp_month, exp_year,
    fingerprint, data_key, sealed, created_at, expires_at)
values (
    %(id)s, %(merchant_id)s, %(session)s, %(kind)s, %(brand)s, %(first6)s, %(last4)s, %(exp_month)s, %(exp_year)s,
    %(fingerprint)s, %(data_key)s, %(sealed)s, %(created_at)s, %(expires_at)s)

-- name: count_of_session
select count(*) from vault.tokens where session = %(session)s

-- name: find_token
-- Not those whose card was forgotten, or ought to be.
select id, merchant_id, kind, brand, first6, last4, exp_month, exp_year, fingerprint, created_at, expires_at
from vault.tokens
where id = %(id)s and sealed is not null and (expires_at is null or expires_at > %(now)s)

-- name: find_sealed
select id, merchant_id, data_key, sealed from vault.tokens where id = %(id)s and sealed is not null

-- name: keep_token
update vault.tokens set expires_at = null
where id = %(id)s and merchant_id = %(merchant_id)s and sealed is not null
  and (expires_at is null or expires_at > %(now)s)

-- name: forget_token
update vault.tokens set sealed = null, data_key = null
where id = %(id)s and merchant_id = %(merchant_id)s and sealed is not null

-- name: forget_expired
update vault.tokens set sealed = null, data_key = null
where id in (
    select id from vault.tokens
    where sealed is not null and expires_at <= %(now)s
    order by expires_at
    limit %(limit)s
    for update skip locked)

-- name: lock_cards_of_other_keys
-- Those that a newer data key has to seal, with the rows locked; whoever is used just now comes later.
select id, merchant_id, data_key, sealed from vault.tokens
where sealed is not null and data_key <> %(data_key)s
order by data_key, id
limit %(limit)s
for no key update skip locked

-- name: reseal_card
update vault.tokens set data_key = %(data_key)s, sealed = %(sealed)s where id = %(id)s

-- name: count_cards
select count(*) from vault.tokens where sealed is not null

-- name: count_cards_of_other_keys
select count(*) from vault.tokens where sealed is not null and data_key <> %(data_key)s

-- name: count_cards_of_key
select count(*) from vault.tokens where data_key = %(data_key)s

-- name: insert_destination
insert into vault.destinations (channel, origin, added_at, added_by)
values (%(channel)s, %(origin)s, %(added_at)s, %(added_by)s)
on conflict do nothing

-- name: delete_destination
delete from vault.destinations where channel = %(channel)s and origin = %(origin)s

-- name: list_destinations
select channel, origin, added_at, added_by from vault.destinations order by channel, origin limit 1000

-- name: is_destination
select count(*) from vault.destinations where channel = %(channel)s and origin = %(origin)s

-- name: insert_audit
insert into vault.audit (at, actor, action, token, channel, number, destination, note)
values (%(at)s, %(actor)s, %(action)s, %(token)s, %(channel)s, %(number)s, %(destination)s, %(note)s)

-- name: list_audit
select at, actor, action, token, channel, number, destination, note
from vault.audit
where %(token)s::text is null or token = %(token)s
order by no desc
limit %(limit)s
