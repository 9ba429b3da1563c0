-- name: find_signature
select s.account, s.nonce, s.words::text as words, s.transaction_id, s.raw
from channels.signatures s
where s.channel = %(channel)s and s.number = %(number)s

-- name: know_account
insert into channels.nonces (account, next_nonce)
values (%(account)s, 0)
on conflict (account) do nothing

-- name: lock_nonce
-- Locks the account until the signature is written: one after the other, without gaps.
select n.next_nonce
from channels.nonces n
where n.account = %(account)s
for update

-- name: set_next_nonce
update channels.nonces
set next_nonce = %(next_nonce)s
where account = %(account)s

-- name: insert_signature
insert into channels.signatures
    (channel, number, account, nonce, replaces, words, transaction_id, raw, signed_at)
values
    (%(channel)s, %(number)s, %(account)s, %(nonce)s, %(replaces)s, %(words)s::jsonb, %(transaction_id)s,
     %(raw)s, %(signed_at)s)
