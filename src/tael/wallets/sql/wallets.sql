-- name: lock_wallets
-- In the order of users, so that batches with payers in common wait for one another and never deadlock. Who holds a
-- wallet's row may read its counters and write them: nobody else does.
select user_id, opened_at from wallets.wallets where user_id = any(%(user_ids)s) order by user_id for update

-- name: open_wallets
insert into wallets.wallets (user_id, opened_at)
select user_id, %(opened_at)s from unnest(%(user_ids)s::text[]) as given (user_id)
order by user_id
on conflict (user_id) do nothing

-- name: find_wallets
select user_id, opened_at from wallets.wallets where user_id = any(%(user_ids)s)

-- name: find_counters
select c.user_id, c.kind, c.period, c.currency, c.used_minor, c.used_count
from unnest(%(user_ids)s::text[]) as u (user_id)
cross join unnest(%(periods)s::text[]) as p (period)
join wallets.counters c on c.user_id = u.user_id and c.period = p.period

-- name: write_counters
-- What the counters come to, each once. The wallets' rows are locked.
insert into wallets.counters as kept (user_id, kind, period, currency, used_minor, used_count)
select user_id, kind, period, currency, used_minor, used_count
from unnest(
    %(user_ids)s::text[], %(kinds)s::text[], %(periods)s::text[], %(currencies)s::text[], %(minors)s::bigint[],
    %(counts)s::int[]
) as given (user_id, kind, period, currency, used_minor, used_count)
on conflict (user_id, period, kind, currency)
    do update set used_minor = excluded.used_minor, used_count = excluded.used_count

-- name: give_back_counters
-- What was taken back is not used any more, in the period in which it was. The wallets' rows are locked.
update wallets.counters c
set used_minor = greatest(c.used_minor - given.minor, 0), used_count = greatest(c.used_count - given.count, 0)
from (
    select user_id, kind, period, currency, sum(minor)::bigint as minor, sum(count)::int as count
    from unnest(
        %(user_ids)s::text[], %(kinds)s::text[], %(periods)s::text[], %(currencies)s::text[], %(minors)s::bigint[],
        %(counts)s::int[]
    ) as one (user_id, kind, period, currency, minor, count)
    group by user_id, kind, period, currency
) given
where c.user_id = given.user_id and c.kind = given.kind and c.period = given.period and c.currency = given.currency

-- name: forget_counters
-- Of days that nobody asks about any more, on from a user, in the order of the key: what was looked at is not looked at again.
-- Those that somebody gives back to at this moment stay until the next time.
with old as (
    select user_id, period, kind, currency from wallets.counters
    where user_id >= %(after)s and length(period) = 10 and period < %(before_day)s
    order by user_id, period, kind, currency
    limit %(limit)s for update skip locked
)
delete from wallets.counters c using old
where c.user_id = old.user_id and c.period = old.period and c.kind = old.kind and c.currency = old.currency
returning c.user_id
