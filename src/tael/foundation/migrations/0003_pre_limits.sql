-- How much each key may still ask, and which signatures were seen.

-- After a crash of the server the buckets are gone, and each is full again: not worth a word in the journal.
create unlogged table foundation.rate_buckets (
    name text collate "C" primary key,
    micro bigint not null,
    granted bigint not null,
    filled_at timestamptz not null
) with (fillfactor = 50);

comment on column foundation.rate_buckets.micro is 'millionths of tokens that were left at filled_at';
comment on column foundation.rate_buckets.granted is 'tokens that the last draw was given';

create table foundation.nonces (
    signer text collate "C" not null,
    nonce text collate "C" not null,
    good_until timestamptz not null,
    primary key (signer, nonce)
);
create index nonces_by_end on foundation.nonces (good_until);

grant select, insert, update on foundation.rate_buckets to tael_app;
grant select, insert, update, delete on foundation.nonces to tael_app;
