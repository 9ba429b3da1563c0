-- A request to be closed is refused if something is open when it is to be done. The old program knows no such state, and
-- leaves what has ended alone.

alter table users.data_requests drop constraint data_requests_state_check;
alter table users.data_requests add constraint data_requests_state_check
    check (state in ('asked', 'ready', 'fetched', 'done', 'expired', 'refused')) not valid;
