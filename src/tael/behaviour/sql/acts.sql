-- name: insert_acts
-- In one statement: what is recorded is looked at, once.
with written as (
    insert into behaviour.acts
        (id, user_id, kind, result, at, what, amount_minor, currency, counterparty, address, place, device_id, browser, system)
    select * from unnest(
        %(id)s::text[], %(user_id)s::text[], %(kind)s::text[], %(result)s::text[], %(at)s::timestamptz[],
        %(what)s::text[], %(amount_minor)s::bigint[], %(currency)s::text[], %(counterparty)s::text[],
        %(address)s::text[], %(place)s::text[], %(device_id)s::text[], %(browser)s::text[], %(system)s::text[]
    )
    returning id
)
insert into behaviour.unlooked (act_id) select id from written

-- name: take_unlooked
-- Whoever looks takes theirs; others who look at the same moment take the rest.
delete from behaviour.unlooked
where ctid = any (array(select ctid from behaviour.unlooked limit %(limit)s for update skip locked))
returning act_id

-- name: find_acts
select id, user_id, kind, result, at, what, amount_minor, currency, counterparty, address, place, device_id, browser, system
from behaviour.acts
where id = any (%(ids)s::text[])
order by id

-- name: list_acts
-- One user's, newest first. A filter that is null lets everything through.
select id, user_id, kind, result, at, what, amount_minor, currency, counterparty, address, place, device_id, browser, system
from behaviour.acts
where user_id = %(user_id)s
  and (%(before)s::text is null or id < %(before)s)
  and (%(kind)s::text is null or kind = %(kind)s)
  and (%(result)s::text is null or result = %(result)s)
  and (%(place)s::text is null or place = %(place)s)
order by id desc
limit %(limit)s

-- name: count_acts
select count(*) from behaviour.acts
where user_id = %(user_id)s and kind = %(kind)s and what = %(what)s and at > %(since)s

-- name: see_acts
-- Each act beside its user's habits and their latest acts before it: what the rules want to know. None of the acts needs to
-- be recorded.
select a.id,
    coalesce(h.acts, 0) + recent.acts as acts,
    coalesce(cardinality(h.places), 0) > 0 or recent.any_place as any_place,
    coalesce(a.place = any (h.places), false) or coalesce(recent.place_known, false) as place_known,
    coalesce(cardinality(h.devices), 0) > 0 or recent.any_device as any_device,
    coalesce(a.device_id = any (h.devices), false) or coalesce(recent.device_known, false) as device_known,
    recent.last_place,
    recent.last_place_at,
    coalesce(h.hours, '{}') as hours,
    coalesce((h.amounts -> a.currency ->> 'count')::bigint, 0) as amount_count,
    coalesce((h.amounts -> a.currency ->> 'high_minor')::bigint, 0) as amount_high_minor,
    recent.in_short_time,
    recent.failures,
    recent.new_payees + case
        when a.counterparty is null or recent.payee_known or coalesce(a.counterparty = any (h.payees), false) then 0
        else 1
    end as new_payees,
    greatest(h.last_sign_in_at, recent.last_sign_in_at) as last_sign_in_at,
    coalesce(known.reasons, '{}') as warned,
    coalesce(known.follows, '{}') as warned_follows
from unnest(
    %(id)s::text[], %(user_id)s::text[], %(at)s::timestamptz[], %(currency)s::text[], %(counterparty)s::text[],
    %(place)s::text[], %(device_id)s::text[]
) as a (id, user_id, at, currency, counterparty, place, device_id)
left join behaviour.habits h on h.user_id = a.user_id
cross join lateral (
    select count(*)::int as acts,
        count(*) filter (where r.is_done and r.place is not null) > 0 as any_place,
        bool_or(r.is_done and r.place = a.place) as place_known,
        count(*) filter (where r.is_done and r.device_id is not null) > 0 as any_device,
        bool_or(r.is_done and r.device_id = a.device_id) as device_known,
        (array_agg(r.place order by r.id desc) filter (where r.is_done and r.place <> 'local'))[1] as last_place,
        (array_agg(r.at order by r.id desc) filter (where r.is_done and r.place <> 'local'))[1] as last_place_at,
        (count(*) filter (where r.is_done and r.is_spending and r.at > a.at - %(short_time)s::interval))::int as in_short_time,
        (count(*) filter (where not r.is_done and r.at > a.at - %(failing_time)s::interval))::int as failures,
        (count(distinct r.counterparty) filter (
            where r.first_paid_at > a.at - %(payee_time)s::interval
              and r.counterparty <> coalesce(a.counterparty, '')
              and not coalesce(r.counterparty = any (h.payees), false)
        ))::int as new_payees,
        -- Paid before the time in which new payees are counted: known, if not by the habits yet.
        coalesce(bool_or(
            r.counterparty = a.counterparty and r.first_paid_at <= a.at - %(payee_time)s::interval
        ), false) as payee_known,
        max(r.at) filter (where r.is_done and r.kind = 'sign_in') as last_sign_in_at
    from (
        select latest.*,
            min(case when is_done and is_spending then at end) over (partition by counterparty) as first_paid_at
        from (
            select r.id, r.kind, r.at, r.place, r.device_id, r.counterparty,
                r.result = 'done' as is_done,
                r.kind in ('payment', 'withdrawal', 'transfer') as is_spending
            from behaviour.acts r
            where r.user_id = a.user_id and r.id < a.id
            order by r.id desc
            limit %(recent)s
        ) latest
    ) r
) recent
cross join lateral (
    select array_agg(distinct reason) as reasons, array_agg(distinct w.follows) as follows
    from behaviour.warnings w, unnest(w.reasons) as reason
    where w.user_id = a.user_id and w.made_at > a.at - %(quiet_time)s::interval
) known
order by a.id

-- name: forget_addresses
update behaviour.acts
set address = null, device_id = null
where id in (
    select id from behaviour.acts
    where at < %(before)s and (address is not null or device_id is not null)
    limit %(limit)s
)

-- name: forget_acts
delete from behaviour.acts
where id in (select id from behaviour.acts where at < %(before)s limit %(limit)s)

-- name: forget_whereabouts
-- Of users who have asked for it: what they did stays, from where and with what does not.
update behaviour.acts
set address = null, place = null, device_id = null, browser = null, system = null
where user_id = any (%(user_ids)s::text[])
