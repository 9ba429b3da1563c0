-- outside of a transaction
-- What is on its way from and to a user, without looking at everybody's. An index that was cut short is made again.

drop index concurrently if exists wallets.transfers_leaving;
create index concurrently transfers_leaving on wallets.transfers (payer_id, id) where state = 'on_its_way';
drop index concurrently if exists wallets.transfers_coming;
create index concurrently transfers_coming on wallets.transfers (payee_id, id) where state = 'on_its_way';
