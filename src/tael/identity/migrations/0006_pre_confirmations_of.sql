-- outside of a transaction
-- What somebody confirmed, for their copy and for the end. An index that was cut short is made again.

drop index concurrently if exists identity.confirmations_by_login;
create index concurrently confirmations_by_login on identity.confirmations (login_id, id);
