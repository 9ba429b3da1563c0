-- outside of a transaction
-- No attempt uses a mandate twice. An index that was cut short is made again.

drop index concurrently if exists customers.mandate_uses_by_attempt;
create unique index concurrently mandate_uses_by_attempt on customers.mandate_uses (attempt_id);
