-- outside of a transaction
-- Rows from before 0002 become rows of today, a thousand at a time. Whoever is at work on one is not waited for: such a
-- row is right as soon as it is written, or in 0005.

-- again and again
update payments.attempts a
set method = a.channel,
    action = case
        when a.code_url is not null then jsonb_build_object('type', 'show_code', 'code_url', a.code_url)
    end,
    action_expires_at = a.code_expires_at
from (
    select id from payments.attempts where method = '' order by id limit 1000 for update skip locked
) yesterday
where a.id = yesterday.id;

-- again and again
update payments.refunds r
set channel = a.channel,
    cause = case when r.reason <> 'merchant' then r.attempt_id || ':surplus' end,
    asked_at = r.created_at
from (
    select id from payments.refunds where channel = '' order by id limit 1000 for update skip locked
) yesterday, payments.attempts a
where r.id = yesterday.id and a.id = r.attempt_id;
