-- What we have signed for chains: under one number the same bytes for ever, so that sending twice has one effect.

create table channels.signatures (
    channel text collate "C" not null,
    number text collate "C" not null,
    account text collate "C" not null,
    nonce bigint not null check (nonce >= 0),
    replaces text collate "C",
    words jsonb not null,
    transaction_id text collate "C" not null,
    raw bytea not null,
    signed_at timestamptz not null,
    primary key (channel, number)
);
create unique index signatures_by_nonce on channels.signatures (account, nonce) where replaces is null;
comment on column channels.signatures.number is 'of the payout, refund or step of a sweep; with #2 and so on for those that replace it';
comment on column channels.signatures.account is 'whose nonces are used: chain id and address, whatever the channel';

-- The next nonce of each account: its row is the lock under which nonces are given out, without gaps.
create table channels.nonces (
    account text collate "C" primary key,
    next_nonce bigint not null check (next_nonce >= 0)
) with (fillfactor = 50);

grant select, insert on channels.signatures to tael_app;
grant select, insert, update on channels.nonces to tael_app;
