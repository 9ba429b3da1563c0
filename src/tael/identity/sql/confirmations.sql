-- name: insert_confirmation
insert into identity.confirmations (
    id, login_id, session_id, about, strength, sets, words, nonce, made_at, expires_at
)
values (
    %(id)s, %(login_id)s, %(session_id)s, %(about)s, %(strength)s, %(sets)s::text::jsonb, %(words)s::text::jsonb,
    %(nonce)s, %(made_at)s, %(expires_at)s
)

-- name: find_confirmation
select id, login_id, session_id, about, strength, sets, words, nonce, shown, made_at, expires_at, confirmed_at, used_at
from identity.confirmations where id = %(id)s and login_id = %(login_id)s

-- name: lock_confirmation
select id, login_id, session_id, about, strength, sets, words, nonce, shown, made_at, expires_at, confirmed_at, used_at
from identity.confirmations where id = %(id)s and login_id = %(login_id)s
for no key update

-- name: show_factor
update identity.confirmations
set shown = %(shown)s::text[], confirmed_at = %(confirmed_at)s,
    signature = coalesce(%(signature)s::text::jsonb, signature)
where id = %(id)s

-- name: lock_confirmations
-- In the order of their ids, so that two batches never wait for one another.
select id, login_id, session_id, about, strength, sets, words, nonce, shown, made_at, expires_at, confirmed_at, used_at
from identity.confirmations where id = any(%(ids)s::text[])
order by id
for no key update

-- name: use_confirmations
update identity.confirmations set used_at = %(now)s where id = any(%(ids)s::text[])

-- name: forget_confirmations
-- Of those that served an act is kept what was shown and signed; the others are nothing.
delete from identity.confirmations
where made_at >= %(after)s and made_at < %(before)s and used_at is null
