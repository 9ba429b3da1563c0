-- Which notices were accepted, so that a repeat has no effect.

create schema channels;

create table channels.notices (
    channel text collate "C" not null,
    notice_id text collate "C" not null,
    order_number text collate "C" not null,
    accepted_at timestamptz not null,
    primary key (channel, notice_id)
);

grant usage on schema channels to tael_app;
grant select, insert on channels.notices to tael_app;
