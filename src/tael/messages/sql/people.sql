-- name: find_people
select user_id, language, phone_sealed, phone_masked, email_sealed, email_masked, off_ways, quiet_from, quiet_until,
    money_at_night
from messages.people
where user_id = any(%(user_ids)s::text[])

-- name: keep_person
insert into messages.people (
    user_id, language, phone_sealed, phone_masked, email_sealed, email_masked, off_ways, quiet_from, quiet_until,
    money_at_night, created_at, changed_at
) values (
    %(user_id)s, %(language)s, %(phone_sealed)s, %(phone_masked)s, %(email_sealed)s, %(email_masked)s, %(off_ways)s::text[],
    %(quiet_from)s, %(quiet_until)s, %(money_at_night)s, %(now)s, %(now)s
)
on conflict (user_id) do update
set language = excluded.language, phone_sealed = excluded.phone_sealed, phone_masked = excluded.phone_masked,
    email_sealed = excluded.email_sealed, email_masked = excluded.email_masked, off_ways = excluded.off_ways,
    quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
    money_at_night = excluded.money_at_night, changed_at = excluded.changed_at

-- name: lock_person
select user_id, language, phone_sealed, phone_masked, email_sealed, email_masked, off_ways, quiet_from, quiet_until,
    money_at_night
from messages.people
where user_id = %(user_id)s
for update

-- name: forget_person
delete from messages.people where user_id = %(user_id)s

-- name: people_after
-- Everybody, in the order in which they came.
select seq, user_id from messages.people where seq > %(after)s order by seq limit %(limit)s

-- name: find_subscriptions
select id, user_id, address_sealed, service, device, created_at
from messages.push_subscriptions
where user_id = any(%(user_ids)s::text[])
order by id

-- name: lock_subscriptions
select id from messages.push_subscriptions where user_id = %(user_id)s for update

-- name: keep_subscription
-- A browser has one owner: whoever signed in there last.
insert into messages.push_subscriptions (id, user_id, endpoint_hash, address_sealed, service, device, created_at)
values (%(id)s, %(user_id)s, %(endpoint_hash)s, %(address_sealed)s, %(service)s, %(device)s, %(now)s)
on conflict (endpoint_hash) do update
set id = excluded.id, user_id = excluded.user_id, address_sealed = excluded.address_sealed, device = excluded.device,
    created_at = excluded.created_at

-- name: remove_subscription
delete from messages.push_subscriptions where id = %(id)s and user_id = %(user_id)s

-- name: forget_subscriptions_of
delete from messages.push_subscriptions where user_id = %(user_id)s

-- name: forget_subscriptions
-- Browsers that are no more, as their services say.
delete from messages.push_subscriptions where id = any(%(ids)s::text[])
