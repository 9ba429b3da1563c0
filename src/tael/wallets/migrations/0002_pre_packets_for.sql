-- outside of a transaction
-- Red packets that are for somebody by name. An index that was cut short is made again.

drop index concurrently if exists wallets.red_packets_for;
create index concurrently red_packets_for on wallets.red_packets using gin (only_for) where state = 'open';
