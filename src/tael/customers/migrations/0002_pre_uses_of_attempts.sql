-- A use of a mandate belongs to the attempt that charges by it: a payment has one for each such attempt.
--
-- The old program goes on to write uses without an attempt; they count by their payment, as before.

alter table customers.mandate_uses
    add column attempt_id text collate "C",
    drop constraint mandate_uses_pkey;
comment on column customers.mandate_uses.attempt_id is
    'the attempt that charges by the mandate; none if it was written by the program before 0002';
