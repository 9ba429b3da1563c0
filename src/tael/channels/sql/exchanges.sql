-- name: insert_exchanges
insert into channels.exchanges (
    at, channel, kind, operation, number, state, error_class, code, message, milliseconds, said, heard
)
select at, channel, kind, operation, number, state, error_class, code, message, milliseconds, said, heard
from unnest(
    %(at)s::timestamptz[], %(channel)s::text[], %(kind)s::text[], %(operation)s::text[], %(number)s::text[],
    %(state)s::text[], %(error_class)s::text[], %(code)s::text[], %(message)s::text[], %(milliseconds)s::int[],
    %(said)s::text[], %(heard)s::text[]
) as given (
    at, channel, kind, operation, number, state, error_class, code, message, milliseconds, said, heard
)

-- name: exchanges_of
select at, channel, kind, operation, number, state, error_class, code, message, milliseconds, said, heard
from channels.exchanges
where number = any(%(numbers)s)
order by id
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
