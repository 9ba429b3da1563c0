-- name: draw_tokens
-- Takes tokens of many buckets in advance: of each a 32nd of what there is, at least its `least`, or none if there is less.
-- Rows are locked in the order of names, new ones last. Whoever comes while another draws waits for the row and sees what
-- is left: no token is given out twice. A bucket that another makes at this moment has no row in the answer: draw again.
with wished as materialized (
    select name, rate, burst, least, returned
    from unnest(%(names)s::text[], %(rates)s::bigint[], %(bursts)s::bigint[], %(leasts)s::bigint[], %(returned)s::bigint[])
        as given (name, rate, burst, least, returned)
    order by name collate "C"
), locked as materialized (
    select b.name, b.filled_at, w.least, w.returned, least(
        w.burst::numeric,
        b.micro + w.returned * 1000000
            + floor(w.rate::numeric * greatest(0, extract(epoch from %(now)s - b.filled_at)))
    )::bigint as level
    from wished w join foundation.rate_buckets b on b.name = w.name
    order by b.name
    for update of b
), drawn as (
    update foundation.rate_buckets b
    set micro = l.level - l.given * 1000000, granted = l.given, filled_at = greatest(l.filled_at, %(now)s)
    from (
        select name, filled_at, level,
            case when level < least * 1000000 then 0 else greatest(least, level / 32000000) end as given
        from locked
    ) l
    where b.name = l.name
    returning b.name, b.granted, b.micro
), begun as (
    insert into foundation.rate_buckets (name, micro, granted, filled_at)
    select name, burst - greatest(least, burst / 32000000) * 1000000, greatest(least, burst / 32000000), %(now)s
    from wished where name not in (select name from locked)
    on conflict (name) do nothing
    returning name, granted, micro
)
select name, granted, micro from drawn union all select name, granted, micro from begun

-- name: forget_buckets
delete from foundation.rate_buckets where filled_at < %(before)s

-- name: note_nonce
-- A nonce is written once; each writer also clears away a few that nobody could use again.
with old as (
    delete from foundation.nonces where ctid = any (array(
        select ctid from foundation.nonces where good_until < %(now)s limit 4 for update skip locked
    ))
)
insert into foundation.nonces (signer, nonce, good_until)
values (%(signer)s, %(nonce)s, %(good_until)s)
on conflict (signer, nonce) do nothing
