-- name: draw_tokens
-- Takes tokens in advance: a 32nd of what there is, at least `least`, or none if there is less. Whoever comes while
-- another draws waits for the row and sees what is left: no token is given out twice.
insert into foundation.rate_buckets as b (name, micro, granted, filled_at)
values (
    %(name)s,
    %(burst)s - greatest(%(least)s, %(burst)s / 32000000) * 1000000,
    greatest(%(least)s, %(burst)s / 32000000),
    %(now)s
)
on conflict (name) do update set (micro, granted, filled_at) = (
    select level - given * 1000000, given, greatest(b.filled_at, %(now)s)
    from (
        select least(
            %(burst)s::numeric,
            b.micro + %(returned)s::bigint * 1000000
                + floor(%(rate)s::numeric * greatest(0, extract(epoch from %(now)s - b.filled_at)))
        )::bigint as level
    ) as now_there
    cross join lateral (
        select case
            when level < %(least)s::bigint * 1000000 then 0
            else greatest(%(least)s, level / 32000000)
        end as given
    ) as lease
)
returning granted, micro

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
