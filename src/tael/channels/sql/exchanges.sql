-- name: insert_exchanges
-- Written again after a COMMIT of which nobody knows whether it took effect, they have one effect.
insert into channels.exchanges (
    id, at, channel, kind, operation, number, state, error_class, code, message, milliseconds, said, heard
)
select id, at, channel, kind, operation, number, state, error_class, code, message, milliseconds, said, heard
from unnest(
    %(id)s::text[], %(at)s::timestamptz[], %(channel)s::text[], %(kind)s::text[], %(operation)s::text[],
    %(number)s::text[], %(state)s::text[], %(error_class)s::text[], %(code)s::text[], %(message)s::text[],
    %(milliseconds)s::int[], %(said)s::text[], %(heard)s::text[]
) as given (
    id, at, channel, kind, operation, number, state, error_class, code, message, milliseconds, said, heard
)
on conflict (id) do nothing

-- name: list_exchanges
select id, at, channel, kind, operation, number, state, error_class, code, message, milliseconds, said, heard
from channels.exchanges
where (%(numbers)s::text[] is null or (number = any(%(numbers)s) and number <> ''))
  and (%(channel)s::text is null or channel = %(channel)s)
  and (%(kind)s::text is null or kind = %(kind)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(since)s::timestamptz is null or at >= %(since)s)
  and (%(until)s::timestamptz is null or at < %(until)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: forget_exchanges
delete from channels.exchanges
where id in (select id from channels.exchanges where at < %(before)s order by id limit %(limit)s)

-- name: add_measures
insert into channels.measures as m (channel, operation, hour, state, error_class, calls, latency)
select channel, operation, hour, state, error_class, calls, string_to_array(latency, ',')::bigint[]
from unnest(
    %(channel)s::text[], %(operation)s::text[], %(hour)s::timestamptz[], %(state)s::text[], %(error_class)s::text[],
    %(calls)s::bigint[], %(latency)s::text[]
) as given (channel, operation, hour, state, error_class, calls, latency)
order by channel, hour, operation, state, error_class
on conflict (channel, hour, operation, state, error_class) do update
set calls = m.calls + excluded.calls,
    latency = (
        select array_agg(coalesce(a, 0) + coalesce(b, 0) order by place)
        from unnest(m.latency, excluded.latency) with ordinality as both_of (a, b, place)
    )

-- name: measures
select channel, operation, hour, state, error_class, calls, latency
from channels.measures
where hour >= %(since)s and hour < %(until)s and (%(channel)s::text is null or channel = %(channel)s)
order by channel, operation, hour
limit %(limit)s
