-- outside of a transaction
-- What waits for a user. An index that was cut short is made again.

drop index concurrently if exists wallets.orders_waiting;
create index concurrently orders_waiting on wallets.orders (user_id, created_at)
    where state = 'waiting' and user_id is not null;
