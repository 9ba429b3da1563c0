-- outside of a transaction
-- The proof that what was written before 0007 passes its checks.

alter table payments.payments validate constraint payments_captured_sum_check;
alter table payments.payments validate constraint payments_captured_state_check;
alter table payments.attempts validate constraint attempts_state_check;
