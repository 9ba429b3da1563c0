-- name: lock_user
-- Whoever tops up, withdraws or changes cards: one at a time for each user, so that what is counted stays true.
select pg_advisory_xact_lock(hashtextextended('funding ' || %(user_id)s, 0))

-- name: find_card
select id, user_id, token, fingerprint, brand, issuer, first6, last4, phone_shown, state, check_id, reason, is_default,
    created_at, bound_at, ended_at from funding.bank_cards where id = %(id)s

-- name: find_cards
select id, user_id, token, fingerprint, brand, issuer, first6, last4, phone_shown, state, check_id, reason, is_default,
    created_at, bound_at, ended_at from funding.bank_cards where id = any(%(ids)s)

-- name: card_of_check
select id, user_id, token, fingerprint, brand, issuer, first6, last4, phone_shown, state, check_id, reason, is_default,
    created_at, bound_at, ended_at from funding.bank_cards where check_id = %(check_id)s

-- name: cards_of_user
select id, user_id, token, fingerprint, brand, issuer, first6, last4, phone_shown, state, check_id, reason, is_default,
    created_at, bound_at, ended_at from funding.bank_cards
where user_id = %(user_id)s and state = any(%(states)s)
order by is_default desc, id desc
limit 100

-- name: tried_since
select count(*) from funding.bank_cards where user_id = %(user_id)s and created_at >= %(since)s

-- name: insert_card
insert into funding.bank_cards (id, user_id, token, fingerprint, brand, issuer, first6, last4, phone_shown, state,
    check_id, reason, is_default, created_at, bound_at, ended_at)
values (%(id)s, %(user_id)s, %(token)s, %(fingerprint)s, %(brand)s, %(issuer)s, %(first6)s, %(last4)s, %(phone_shown)s,
    %(state)s, %(check_id)s, %(reason)s, %(is_default)s, %(created_at)s, %(bound_at)s, %(ended_at)s)

-- name: update_card
update funding.bank_cards
set state = %(state)s, reason = %(reason)s, is_default = %(is_default)s, bound_at = %(bound_at)s,
    ended_at = %(ended_at)s
where id = %(id)s

-- name: clear_default
update funding.bank_cards set is_default = false where user_id = %(user_id)s and is_default

-- name: open_withdrawals_to
select count(*) from funding.withdrawals where bank_card_id = %(card_id)s and state = 'processing'

-- name: cards_to_forget
select id, user_id, token, fingerprint, brand, issuer, first6, last4, phone_shown, state, check_id, reason, is_default,
    created_at, bound_at, ended_at from funding.bank_cards
where ended_at is not null and forgotten_at is null
order by ended_at
limit %(limit)s

-- name: kept_with_token
select count(*) from funding.bank_cards
where user_id = %(user_id)s and token = %(token)s and state in ('checking', 'bound')

-- name: cards_checking
-- Page by page, in the order of ids.
select id, user_id, token, fingerprint, brand, issuer, first6, last4, phone_shown, state, check_id, reason, is_default,
    created_at, bound_at, ended_at from funding.bank_cards
where state = 'checking' and id > %(after)s and created_at <= %(before)s
order by id
limit %(limit)s

-- name: note_forgotten
update funding.bank_cards set forgotten_at = %(now)s where id = %(id)s

-- name: forget_cards
update funding.bank_cards set phone_shown = '', fingerprint = id where user_id = %(user_id)s and ended_at is not null
