-- name: find_authenticator
select secret_sealed, offered_sealed from identity.authenticators where holder = %(holder)s

-- name: offer_authenticator
-- The same secret until it is confirmed, however often its page is opened.
insert into identity.authenticators as a (holder, offered_sealed)
values (%(holder)s, %(offered)s)
on conflict (holder) do update set offered_sealed = coalesce(a.offered_sealed, excluded.offered_sealed)
returning a.offered_sealed

-- name: confirm_authenticator
update identity.authenticators
set secret_sealed = offered_sealed, offered_sealed = null, last_step = %(step)s
where holder = %(holder)s and offered_sealed = %(offered)s and secret_sealed is null

-- name: use_step_of_authenticator
update identity.authenticators set last_step = %(step)s where holder = %(holder)s and last_step < %(step)s

-- name: forget_authenticator
update identity.authenticators set secret_sealed = null, offered_sealed = null where holder = %(holder)s
