-- outside of a transaction
-- What the old program has written since 0017, and the indexes that nobody needs now.

-- again and again
update payments.payments p
set method = coalesce(a.method, ''), channel = coalesce(a.channel, '')
from (
    select id, captured_by from payments.payments
    where method is null order by id limit 1000 for update skip locked
) yesterday
left join lateral (
    select a.method, a.channel from payments.attempts a
    where a.payment_id = yesterday.id order by a.id = yesterday.captured_by desc, a.id desc limit 1
) a on true
where p.id = yesterday.id;

drop index concurrently if exists payments.payments_of_yesterday;
drop index concurrently if exists payments.payments_by_metadata;
