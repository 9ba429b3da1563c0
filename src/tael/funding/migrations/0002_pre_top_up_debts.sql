-- What users owe: a top-up is in their wallet, and its channel has given the money back to them all the same.

create table funding.top_up_debts (
    id text collate "C" primary key,
    top_up_id text collate "C" not null references funding.top_ups (id),
    user_id text collate "C" not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    since timestamptz not null,
    ended_at timestamptz,
    note text not null default ''
);
create index top_up_debts_by_user on funding.top_up_debts (user_id, since);
create index top_up_debts_open on funding.top_up_debts (since) where ended_at is null;
grant select, insert, update on funding.top_up_debts to tael_app;
