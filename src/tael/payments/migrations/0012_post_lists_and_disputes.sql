-- outside of a transaction
-- The proof that what was written before 0008 passes its check; and the list of the old program.

alter table payments.payments validate constraint payments_disputed_minor_check;

drop index concurrently if exists payments.payments_by_merchant;
