-- outside of a transaction
-- Each report counts once, whoever passes it on, however often. An index that was cut short is made again.

drop index concurrently if exists standing.signals_by_reference;
create unique index concurrently signals_by_reference on standing.signals (user_id, kind, source, reference)
    where reference is not null;
