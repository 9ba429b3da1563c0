-- outside of a transaction
-- Nobody writes as of yesterday any more: the last rows, the proof that every row passes the checks, and the end of
-- indexes that only served that. `attempts_due` and `refunds_due` stay: by them it is found which channels have work.

-- again and again
update payments.attempts a
set method = a.channel,
    action = case
        when a.code_url is not null then jsonb_build_object('type', 'show_code', 'code_url', a.code_url)
    end,
    action_expires_at = a.code_expires_at
from (
    select id from payments.attempts where method = '' order by id limit 1000 for update
) yesterday
where a.id = yesterday.id;

-- again and again
update payments.refunds r
set channel = a.channel,
    cause = case when r.reason <> 'merchant' then r.attempt_id || ':surplus' end,
    asked_at = r.created_at
from (
    select id from payments.refunds where channel = '' order by id limit 1000 for update
) yesterday, payments.attempts a
where r.id = yesterday.id and a.id = r.attempt_id;

alter table payments.attempts validate constraint attempts_received_minor_check;
alter table payments.refunds validate constraint refunds_way_check;
alter table payments.refunds validate constraint refunds_unowed_minor_check;
alter table payments.refunds validate constraint refunds_reason_check;

drop index concurrently if exists payments.attempts_of_yesterday;
drop index concurrently if exists payments.refunds_of_yesterday;
