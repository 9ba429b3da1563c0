-- outside of a transaction
-- How each source did in the last hours. An index that was cut short is made again.

drop index concurrently if exists verification.checks_by_time;
create index concurrently checks_by_time on verification.checks (created_at, source);
