-- Attempts by method and product, with whatever the payer must do; several channels for one payment.

alter table payments.attempts
    add column method text collate "C" not null default '',
    add column product text collate "C" not null default 'code',
    add column action jsonb,
    add column action_expires_at timestamptz,
    add column abandoned boolean not null default false,
    add column error_class text collate "C",
    add column received_minor bigint not null default 0 check (received_minor >= 0),
    add column payer_sealed bytea;
comment on column payments.attempts.abandoned is
    'another channel was tried in its place: it is to be closed, and what it held is shown to nobody';
comment on column payments.attempts.received_minor is
    'what has arrived so far, where payers choose the amount themselves';

comment on column payments.attempts.payer_sealed is
    'the account that the money came from, where it has to be sent back to it; sealed';

update payments.attempts
set method = channel,
    action = case when code_url is not null then jsonb_build_object('type', 'show_code', 'code_url', code_url) end,
    action_expires_at = code_expires_at;

alter table payments.refunds
    add column channel text collate "C" not null default '',
    add column way text collate "C" not null default 'refund' check (way in ('refund', 'pay_out')),
    add column cause text collate "C",
    drop constraint refunds_reason_check,
    add constraint refunds_reason_check check (
        reason in ('merchant', 'late_success', 'second_success', 'overpaid', 'underpaid'));
update payments.refunds r
set channel = a.channel, cause = case when r.reason <> 'merchant' then r.attempt_id || ':surplus' end
from payments.attempts a
where a.id = r.attempt_id;
comment on column payments.refunds.way is
    'back the way that the money came, or as a payout to the account that it came from';
comment on column payments.refunds.cause is 'the journal entry of the surplus that is given back: each at most once';
create unique index refunds_by_cause on payments.refunds (cause) where cause is not null and state <> 'failed';

-- What is due is taken channel by channel, so that a slow one does not hold up the others.
create index attempts_due_by_channel on payments.attempts (channel, next_inquiry_at)
    where next_inquiry_at is not null;
create index refunds_due_by_channel on payments.refunds (channel, next_inquiry_at)
    where next_inquiry_at is not null;
create index attempts_by_reference on payments.attempts (channel, channel_reference)
    where channel_reference is not null;
