-- outside of a transaction
-- What lists and search look through. `payments_by_creation` takes the place of `payments_by_merchant`, which goes in 0012.

drop index concurrently if exists payments.payments_by_creation;
create index concurrently payments_by_creation on payments.payments (merchant_id, created_at, id);

-- Nearly all payments are captured in the end: the others are found among themselves.
drop index concurrently if exists payments.payments_not_captured;
create index concurrently payments_not_captured on payments.payments (merchant_id, state, created_at, id)
    where state <> 'captured';

drop index concurrently if exists payments.payments_by_amount;
create index concurrently payments_by_amount on payments.payments (merchant_id, amount_minor, created_at);

drop index concurrently if exists payments.payments_by_metadata;
create index concurrently payments_by_metadata on payments.payments using gin (metadata) where metadata <> '{}';

drop index concurrently if exists payments.payments_by_source;
create index concurrently payments_by_source on payments.payments (merchant_id, source, created_at, id)
    where source <> 'api';

drop index concurrently if exists payments.refunds_by_creation;
create index concurrently refunds_by_creation on payments.refunds (merchant_id, created_at, id);

drop index concurrently if exists payments.refunds_by_amount;
create index concurrently refunds_by_amount on payments.refunds (merchant_id, amount_minor, created_at);
