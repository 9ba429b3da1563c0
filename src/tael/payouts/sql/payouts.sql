-- name: insert_payouts
insert into payouts.payouts (
    id, owner, purpose, reference, amount_minor, currency, account_kind, payee_sealed, shown, statement, funded_by, state,
    created_at, next_leg_at
)
select id, owner, purpose, reference, amount_minor, currency, account_kind, payee_sealed, shown, statement, funded_by, 'created',
    created_at, next_leg_at
from unnest(
    %(id)s::text[], %(owner)s::text[], %(purpose)s::text[], %(reference)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[],
    %(account_kind)s::text[], %(payee_sealed)s::bytea[], %(shown)s::text[], %(statement)s::text[], %(funded_by)s::text[],
    %(created_at)s::timestamptz[], %(next_leg_at)s::timestamptz[]
) as given (
    id, owner, purpose, reference, amount_minor, currency, account_kind, payee_sealed, shown, statement, funded_by, created_at,
    next_leg_at
)
on conflict (id) do nothing

-- name: find_payouts
select id, owner, purpose, reference, amount_minor, currency, account_kind, payee_sealed, shown, statement, funded_by, state,
    legs, paid_by, reason, error_class, created_at, ended_at, waits, next_leg_at
from payouts.payouts where id = any(%(ids)s)

-- name: lock_payouts
-- In the order of ids. A lock on a payout covers its legs.
select id, owner, purpose, reference, amount_minor, currency, account_kind, payee_sealed, shown, statement, funded_by, state,
    legs, paid_by, reason, error_class, created_at, ended_at, waits, next_leg_at
from payouts.payouts where id = any(%(ids)s) order by id for update

-- name: update_payouts
update payouts.payouts p
set state = n.state, legs = n.legs, paid_by = n.paid_by, reason = n.reason, error_class = n.error_class, ended_at = n.ended_at,
    waits = n.waits, next_leg_at = n.next_leg_at
from unnest(
    %(id)s::text[], %(state)s::text[], %(legs)s::int[], %(paid_by)s::int[], %(reason)s::text[], %(error_class)s::text[],
    %(ended_at)s::timestamptz[], %(waits)s::int[], %(next_leg_at)s::timestamptz[]
) as n (id, state, legs, paid_by, reason, error_class, ended_at, waits, next_leg_at)
where p.id = n.id

-- name: legs_of
select payout_id, nth, channel, state, channel_reference, channel_code, error_class, begun_at,
    ended_at, inquiries, next_inquiry_at, doubted_at, reversals, unowed
from payouts.legs where payout_id = any(%(ids)s) order by payout_id, nth

-- name: insert_legs
insert into payouts.legs (payout_id, nth, channel, state, begun_at, next_inquiry_at)
select payout_id, nth, channel, state, begun_at, next_inquiry_at
from unnest(
    %(payout_id)s::text[], %(nth)s::int[], %(channel)s::text[], %(state)s::text[], %(begun_at)s::timestamptz[],
    %(next_inquiry_at)s::timestamptz[]
) as given (payout_id, nth, channel, state, begun_at, next_inquiry_at)

-- name: update_legs
update payouts.legs l
set state = n.state, channel_reference = n.channel_reference, channel_code = n.channel_code, error_class = n.error_class,
    ended_at = n.ended_at, inquiries = n.inquiries, next_inquiry_at = n.next_inquiry_at, doubted_at = n.doubted_at,
    reversals = n.reversals, unowed = n.unowed
from unnest(
    %(payout_id)s::text[], %(nth)s::int[], %(state)s::text[], %(channel_reference)s::text[], %(channel_code)s::text[],
    %(error_class)s::text[], %(ended_at)s::timestamptz[], %(inquiries)s::int[], %(next_inquiry_at)s::timestamptz[],
    %(doubted_at)s::timestamptz[], %(reversals)s::int[], %(unowed)s::boolean[]
) as n (
    payout_id, nth, state, channel_reference, channel_code, error_class, ended_at, inquiries, next_inquiry_at, doubted_at, reversals,
    unowed
)
where l.payout_id = n.payout_id and l.nth = n.nth

-- name: channels_with_legs_due
select distinct channel from payouts.legs where next_inquiry_at <= %(now)s

-- name: claim_due_legs
update payouts.legs l
set next_inquiry_at = %(lease_until)s
from (
    select payout_id, nth from payouts.legs
    where channel = %(channel)s and next_inquiry_at <= %(now)s
    order by next_inquiry_at
    limit %(limit)s
    for update skip locked
) due
where l.payout_id = due.payout_id and l.nth = due.nth
returning l.payout_id, l.nth

-- name: payouts_to_begin
select id from payouts.payouts where next_leg_at <= %(now)s order by next_leg_at limit %(limit)s

-- name: list_payouts
select p.id, p.owner, p.purpose, p.reference, p.amount_minor, p.currency, p.account_kind, p.payee_sealed, p.shown, p.statement,
    p.funded_by, p.state, p.legs, p.paid_by, p.reason, p.error_class, p.created_at, p.ended_at, p.waits, p.next_leg_at
from payouts.payouts p
where (%(owner)s::text is null or p.owner = %(owner)s)
  and (%(state)s::text is null or p.state = %(state)s)
  and p.id < coalesce(%(before)s::text, '~')
order by p.id desc
limit %(limit)s

-- name: list_payouts_of_channel
-- The same along what a channel was given; it is given a payout once.
select p.id, p.owner, p.purpose, p.reference, p.amount_minor, p.currency, p.account_kind, p.payee_sealed, p.shown, p.statement,
    p.funded_by, p.state, p.legs, p.paid_by, p.reason, p.error_class, p.created_at, p.ended_at, p.waits, p.next_leg_at
from payouts.legs l join payouts.payouts p on p.id = l.payout_id
where l.channel = %(channel)s
  and (%(owner)s::text is null or p.owner = %(owner)s)
  and (%(state)s::text is null or p.state = %(state)s)
  and l.payout_id < coalesce(%(before)s::text, '~')
order by l.payout_id desc
limit %(limit)s

-- name: payees_of
select id from payouts.payouts where owner = %(owner)s and ended_at is not null and shown <> ''

-- name: forget_payees
-- What was sealed is replaced, not removed: the keys of a later day go on to fit.
update payouts.payouts as kept set payee_sealed = given.sealed, shown = ''
from unnest(%(ids)s::text[], %(sealed)s::bytea[]) as given (id, sealed)
where kept.id = given.id and kept.ended_at is not null
