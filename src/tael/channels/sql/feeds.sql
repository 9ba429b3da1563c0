-- name: lease_feed
-- One fetches at a time; if it dies, another goes on after the lease.
insert into channels.feeds as f (channel, cursor, leased_until)
values (%(channel)s, '', %(until)s)
on conflict (channel) do update set leased_until = excluded.leased_until
where f.leased_until is null or f.leased_until < %(now)s
returning cursor

-- name: keep_cursor
update channels.feeds
set cursor = %(cursor)s, fetched_at = %(now)s, trouble = null
where channel = %(channel)s

-- name: end_lease
update channels.feeds set leased_until = null, trouble = %(trouble)s where channel = %(channel)s

-- name: insert_unclaimed
insert into channels.unclaimed (
    channel, notice_id, channel_reference, amount_minor, currency, payer_hint, heard_at
) values (
    %(channel)s, %(notice_id)s, %(channel_reference)s, %(amount_minor)s, %(currency)s, %(payer_hint)s, %(heard_at)s
)
on conflict (channel, notice_id) do nothing

-- name: list_unclaimed
select channel, notice_id, channel_reference, amount_minor, currency, payer_hint, heard_at
from channels.unclaimed
where (%(channel)s::text is null or channel = %(channel)s)
order by heard_at desc, channel, notice_id
limit %(limit)s
