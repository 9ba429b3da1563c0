-- name: users_who_acted
select distinct user_id from behaviour.acts where at >= %(since)s order by user_id

-- name: count_habits
-- Anew, from what was done since; of each list the latest are kept.
insert into behaviour.habits as h
    (user_id, as_of, acts, places, devices, hours, amounts, payees, payee_count, last_sign_in_at)
select u.user_id, %(now)s, total.acts,
    array(
        select r.place from behaviour.acts r
        where r.user_id = u.user_id and r.at > %(since)s and r.result = 'done' and r.place is not null
        group by r.place order by max(r.id) desc limit 50
    ),
    array(
        select r.device_id from behaviour.acts r
        where r.user_id = u.user_id and r.at > %(since)s and r.result = 'done' and r.device_id is not null
        group by r.device_id order by max(r.id) desc limit 50
    ),
    array(
        select coalesce(counted.number, 0)
        from generate_series(0, 23) as hour
        left join (
            select extract(hour from r.at at time zone 'Asia/Shanghai')::int as hour, count(*)::int as number
            from behaviour.acts r
            where r.user_id = u.user_id and r.at > %(since)s and r.result = 'done'
            group by 1
        ) counted using (hour)
        order by hour
    ),
    coalesce((
        select jsonb_object_agg(spent.currency, jsonb_build_object(
            'count', spent.number, 'mean_minor', spent.mean_minor, 'high_minor', spent.high_minor))
        from (
            select r.currency, count(*) as number, round(avg(r.amount_minor))::bigint as mean_minor,
                percentile_disc(0.95) within group (order by r.amount_minor) as high_minor
            from behaviour.acts r
            where r.user_id = u.user_id and r.at > %(since)s and r.result = 'done' and r.currency is not null
              and r.kind in ('payment', 'withdrawal', 'transfer')
            group by r.currency
        ) spent
    ), '{}'),
    array(
        select r.counterparty from behaviour.acts r
        where r.user_id = u.user_id and r.at > %(since)s and r.result = 'done' and r.counterparty is not null
          and r.kind in ('payment', 'withdrawal', 'transfer')
        group by r.counterparty order by max(r.id) desc limit 200
    ),
    total.payees,
    total.last_sign_in_at
from unnest(%(user_ids)s::text[]) as u (user_id)
cross join lateral (
    select count(*)::int as acts,
        (count(distinct r.counterparty) filter (where r.kind in ('payment', 'withdrawal', 'transfer')))::int as payees,
        max(r.at) filter (where r.kind = 'sign_in') as last_sign_in_at
    from behaviour.acts r
    where r.user_id = u.user_id and r.at > %(since)s and r.result = 'done'
) total
on conflict (user_id) do update set
    as_of = excluded.as_of, acts = excluded.acts, places = excluded.places, devices = excluded.devices,
    hours = excluded.hours, amounts = excluded.amounts, payees = excluded.payees, payee_count = excluded.payee_count,
    last_sign_in_at = greatest(excluded.last_sign_in_at, h.last_sign_in_at)

-- name: find_habits
select user_id, as_of, acts, places, devices, hours, amounts, payees, payee_count, last_sign_in_at
from behaviour.habits
where user_id = %(user_id)s

-- name: forget_habits
delete from behaviour.habits where user_id = any (%(user_ids)s::text[])
