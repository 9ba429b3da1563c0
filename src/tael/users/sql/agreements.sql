-- name: insert_acceptance
insert into users.acceptances (
    id, user_id, agreement, version, language, digest, address, device, accepted_at)
values (
    %(id)s, %(user_id)s, %(agreement)s, %(version)s, %(language)s, %(digest)s, %(address)s, %(device)s, %(accepted_at)s)
on conflict (user_id, agreement, version) do nothing

-- name: acceptances_of
select id, agreement, version, language, digest, address, device, accepted_at
from users.acceptances where user_id = %(user_id)s order by id desc limit 200

-- name: find_announcement
select told_up_to, finished_at from users.announcements where agreement = %(agreement)s and version = %(version)s

-- name: note_announcement
insert into users.announcements (agreement, version, told_up_to, finished_at)
values (%(agreement)s, %(version)s, %(told_up_to)s, %(finished_at)s)
on conflict (agreement, version) do update
set told_up_to = excluded.told_up_to, finished_at = coalesce(users.announcements.finished_at, excluded.finished_at)

-- name: insert_consent
insert into users.consents (id, user_id, purpose, given, version, digest, address, device, decided_at)
values (
    %(id)s, %(user_id)s, %(purpose)s, %(given)s, %(version)s, %(digest)s, %(address)s, %(device)s, %(decided_at)s)

-- name: consents_of
select id, purpose, given, version, digest, address, device, decided_at
from users.consents where user_id = %(user_id)s order by id desc limit 200

-- name: consents_now
select distinct on (purpose) id, purpose, given, version, digest, address, device, decided_at
from users.consents where user_id = %(user_id)s order by purpose, id desc

-- name: erase_acceptances
delete from users.acceptances where user_id = %(user_id)s

-- name: erase_consents
delete from users.consents where user_id = %(user_id)s
