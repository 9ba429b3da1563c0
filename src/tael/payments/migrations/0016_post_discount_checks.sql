-- outside of a transaction
-- The proof that what was written before 0013 passes its check.

alter table payments.payments validate constraint payments_captured_sum_check;
