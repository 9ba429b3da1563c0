-- What of the captured money payers' banks have taken back, or hold until they have decided.
--
-- For rows of before, and for what the old program writes, it is nothing: then the check is the one that there was.

alter table payments.payments
    add column disputed_minor bigint not null default 0,
    add constraint payments_disputed_minor_check check (
        disputed_minor >= 0 and refunded_minor + refunding_minor + disputed_minor <= captured_minor) not valid;
comment on column payments.payments.disputed_minor is
    'what of the captured money payers'' banks have taken back, or hold until they have decided';
