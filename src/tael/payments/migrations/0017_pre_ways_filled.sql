-- outside of a transaction
-- What lists look through, made while both programs write. One that was cut short is made again.

drop index concurrently if exists payments.payments_of_yesterday;
create index concurrently payments_of_yesterday on payments.payments (id) where method is null;

-- Of payments that have ended, a thousand at a time; whoever is at work on one is not waited for. 0018 fills in the rest.
-- again and again
update payments.payments p
set method = coalesce(a.method, ''), channel = coalesce(a.channel, '')
from (
    select id, captured_by from payments.payments
    where method is null and ended_at is not null order by id limit 1000 for update skip locked
) yesterday
left join lateral (
    select a.method, a.channel from payments.attempts a
    where a.payment_id = yesterday.id order by a.id = yesterday.captured_by desc, a.id desc limit 1
) a on true
where p.id = yesterday.id;

drop index concurrently if exists payments.payments_by_method;
create index concurrently payments_by_method on payments.payments (merchant_id, method, created_at, id)
    where method is not null;

-- Nearly all payments are in the currency of the country: the others are found among themselves.
drop index concurrently if exists payments.payments_by_currency;
create index concurrently payments_by_currency on payments.payments (merchant_id, currency, created_at, id)
    where currency <> 'CNY';

-- What notes say, by whose payment it is: what is common with others costs nobody.
drop index concurrently if exists payments.payments_by_notes;
create index concurrently payments_by_notes on payments.payments
    using gin (jsonb_set('{}', array[merchant_id], jsonb_path_query_array(metadata, '$.*')) jsonb_path_ops)
    where metadata <> '{}';

drop index concurrently if exists payments.refunds_not_succeeded;
create index concurrently refunds_not_succeeded on payments.refunds (merchant_id, state, created_at, id)
    where state <> 'succeeded';
