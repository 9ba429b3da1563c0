-- name: find_notices
select n.channel, n.notice_id
from unnest(%(channels)s::text[], %(notice_ids)s::text[]) as asked (channel, notice_id)
join channels.notices n using (channel, notice_id)

-- name: insert_notices
insert into channels.notices (channel, notice_id, order_number, accepted_at)
select channel, notice_id, order_number, %(accepted_at)s
from unnest(%(channels)s::text[], %(notice_ids)s::text[], %(order_numbers)s::text[])
    as given (channel, notice_id, order_number)
order by channel, notice_id
on conflict (channel, notice_id) do nothing
