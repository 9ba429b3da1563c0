-- What offers take off: of an attempt when it is made, of a payment when it is paid.
--
-- What the old program writes has no discount, and passes. The check keeps its name: 0010 may not have run yet. 0016 proves
-- that old rows pass, too.

alter table payments.attempts
    add column taken_off jsonb not null default '{}';
comment on column payments.attempts.taken_off is
    'the codes that were asked for, and what each offer takes off the price: amount_minor is the rest';

alter table payments.payments
    add column discount_minor bigint not null default 0,
    drop constraint payments_captured_sum_check,
    add constraint payments_captured_sum_check check (
        case capture_method
            when 'automatic' then captured_minor in (0, amount_minor - discount_minor) and authorised_minor = 0
            when 'manual' then captured_minor between 0 and authorised_minor and discount_minor = 0
            else false
        end) not valid;
comment on column payments.payments.discount_minor is 'what offers took off the attempt that was paid';
