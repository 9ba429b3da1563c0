-- Money that is held first and captured later; metadata, descriptor, fee terms and source of a payment.
--
-- Only what the catalogue can do at once; 0010 proves that the new checks hold for old rows. What the old program writes is
-- captured as it is paid, and passes them.

alter table payments.payments
    add column metadata jsonb not null default '{}',
    add column descriptor text,
    add column capture_method text collate "C" not null default 'automatic',
    add column fee_terms_id text collate "C",
    add column source text collate "C" not null default 'api',
    add column authorised_minor bigint not null default 0,
    add column capture_before timestamptz,
    drop constraint payments_check1,
    drop constraint payments_check2,
    add constraint payments_captured_sum_check check (
        case capture_method
            when 'automatic' then captured_minor in (0, amount_minor) and authorised_minor = 0
            when 'manual' then captured_minor between 0 and authorised_minor
            else false
        end) not valid,
    add constraint payments_captured_state_check check (
        case state
            when 'captured' then captured_minor > 0
            when 'authorised' then capture_method = 'manual' and authorised_minor > 0
            else captured_minor = 0
        end) not valid;
comment on column payments.payments.source is 'where it came from: api, payment_link:<id>, …';
comment on column payments.payments.authorised_minor is
    'what may be taken in all of money that is, or was, held; tips beyond what was held are counted once they are taken';
comment on column payments.payments.capture_before is 'until when the channel holds the money';

alter table payments.attempts
    add column hold jsonb,
    drop constraint attempts_state_check,
    add constraint attempts_state_check check (state in (
        'created', 'waiting', 'unknown', 'authorised', 'succeeded', 'failed', 'closed')) not valid;
comment on column payments.attempts.hold is 'what the channel says of the money that it holds';

-- What is asked of a channel about money that it holds, one after the other for each payment.
create table payments.hold_steps (
    id text collate "C" primary key,
    payment_id text collate "C" not null references payments.payments (id),
    attempt_id text collate "C" not null references payments.attempts (id),
    merchant_id text collate "C" not null,
    channel text collate "C" not null,
    kind text collate "C" not null check (kind in ('capture', 'increment')),
    state text collate "C" not null check (state in ('processing', 'unknown', 'succeeded', 'failed')),
    amount_minor bigint not null check (amount_minor > 0),
    before_minor bigint not null check (before_minor >= 0),
    tip_minor bigint not null default 0 check (tip_minor between 0 and amount_minor),
    final boolean not null,
    currency text collate "C" not null,
    fee_minor bigint not null default 0 check (fee_minor between 0 and amount_minor),
    channel_code text,
    error_class text collate "C",
    created_at timestamptz not null,
    ended_at timestamptz,
    inquiries int not null default 0,
    next_inquiry_at timestamptz,
    check ((ended_at is not null) = (state in ('succeeded', 'failed'))),
    check (fee_minor = 0 or (kind = 'capture' and state = 'succeeded'))
) with (fillfactor = 80);
comment on column payments.hold_steps.before_minor is 'what had been taken, or was held, before it';
create index hold_steps_by_payment on payments.hold_steps (payment_id);
create unique index hold_steps_under_way on payments.hold_steps (payment_id) where state in ('processing', 'unknown');
create index hold_steps_due on payments.hold_steps (channel, next_inquiry_at) where next_inquiry_at is not null;
grant select, insert, update on payments.hold_steps to tael_app;
