-- name: insert_packets
insert into wallets.red_packets (
    id, owner_id, kind, amount_minor, currency, shares, state, greeting, only_for, strength, created_at, expires_at
)
select id, owner_id, kind, amount_minor, currency, shares, state, greeting,
    array(select jsonb_array_elements_text(only_for::jsonb)), strength, created_at, expires_at
from unnest(
    %(id)s::text[], %(owner_id)s::text[], %(kind)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[],
    %(shares)s::int[], %(state)s::text[], %(greeting)s::text[], %(only_for)s::text[], %(strength)s::text[],
    %(created_at)s::timestamptz[], %(expires_at)s::timestamptz[]
) as given (
    id, owner_id, kind, amount_minor, currency, shares, state, greeting, only_for, strength, created_at, expires_at
)

-- name: insert_packet_shares
insert into wallets.red_packet_shares (packet_id, position, amount_minor)
select packet_id, position, amount_minor
from unnest(%(packet_id)s::text[], %(position)s::int[], %(amount_minor)s::bigint[]) as given (packet_id, position, amount_minor)

-- name: lock_packets
-- In the order of ids, so that batches with packets in common wait for one another and never deadlock. Who holds a
-- packet's row may deal out its shares: nobody else does.
select id, owner_id, kind, amount_minor, currency, shares, claimed, claimed_minor, state, greeting, only_for, strength,
    created_at, expires_at
from wallets.red_packets where id = any(%(ids)s) order by id for update

-- name: find_packet
select id, owner_id, kind, amount_minor, currency, shares, claimed, claimed_minor, state, greeting, only_for, strength,
    created_at, expires_at
from wallets.red_packets where id = %(id)s

-- name: list_packets
select id, owner_id, kind, amount_minor, currency, shares, claimed, claimed_minor, state, greeting, only_for, strength,
    created_at, expires_at
from wallets.red_packets
where owner_id = %(owner_id)s and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: list_packets_for
select id, owner_id, kind, amount_minor, currency, shares, claimed, claimed_minor, state, greeting, only_for, strength,
    created_at, expires_at
from wallets.red_packets p
where only_for @> array[%(user_id)s::text] and state = 'open' and expires_at > %(now)s
    and (%(before)s::text is null or id < %(before)s)
    and not exists (
        select from wallets.red_packet_shares s where s.packet_id = p.id and s.user_id = %(user_id)s
    )
order by id desc
limit %(limit)s

-- name: free_shares
-- The packets' rows are locked.
select packet_id, position, amount_minor, user_id, claimed_at
from wallets.red_packet_shares
where packet_id = any(%(packet_ids)s) and user_id is null
order by packet_id, position

-- name: shares_of
select s.packet_id, s.position, s.amount_minor, s.user_id, s.claimed_at
from unnest(%(packet_ids)s::text[], %(user_ids)s::text[]) as asked (packet_id, user_id)
join wallets.red_packet_shares s on s.packet_id = asked.packet_id and s.user_id = asked.user_id

-- name: claims_of
select packet_id, position, amount_minor, user_id, claimed_at
from wallets.red_packet_shares
where packet_id = %(packet_id)s and user_id is not null
order by claimed_at, position

-- name: claim_shares
update wallets.red_packet_shares s
set user_id = given.user_id, claimed_at = given.claimed_at
from unnest(
    %(packet_id)s::text[], %(position)s::int[], %(user_id)s::text[], %(claimed_at)s::timestamptz[]
) as given (packet_id, position, user_id, claimed_at)
where s.packet_id = given.packet_id and s.position = given.position and s.user_id is null

-- name: count_claims
update wallets.red_packets p
set claimed = given.claimed, claimed_minor = given.claimed_minor, state = given.state
from unnest(%(id)s::text[], %(claimed)s::int[], %(claimed_minor)s::bigint[], %(state)s::text[])
    as given (id, claimed, claimed_minor, state)
where p.id = given.id

-- name: lock_due_packets
-- Those that another worker has, or somebody just now claims a share of, are passed by.
select id, owner_id, kind, amount_minor, currency, shares, claimed, claimed_minor, state, greeting, only_for, strength,
    created_at, expires_at
from wallets.red_packets
where state = 'open' and expires_at <= %(now)s and (expires_at, id) > (%(after_at)s, %(after_id)s)
order by expires_at, id
limit %(limit)s
for update skip locked

-- name: end_packets
update wallets.red_packets set state = %(state)s where id = any(%(ids)s)
