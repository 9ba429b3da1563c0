-- outside of a transaction
-- Indexes, made while both programs write. One that was cut short is made again.

drop index concurrently if exists payments.refunds_by_cause;
create unique index concurrently refunds_by_cause on payments.refunds (cause)
    where cause is not null and state <> 'failed' and reversals = 0;

drop index concurrently if exists payments.refunds_of_cause;
create index concurrently refunds_of_cause on payments.refunds (cause) where cause is not null;

-- What is due is taken channel by channel, so that a slow one does not hold up the others.
drop index concurrently if exists payments.attempts_due_by_channel;
create index concurrently attempts_due_by_channel on payments.attempts (channel, next_inquiry_at)
    where next_inquiry_at is not null;

drop index concurrently if exists payments.refunds_due_by_channel;
create index concurrently refunds_due_by_channel on payments.refunds (channel, next_inquiry_at)
    where next_inquiry_at is not null;

drop index concurrently if exists payments.attempts_by_reference;
create index concurrently attempts_by_reference on payments.attempts (channel, channel_reference)
    where channel_reference is not null;

-- Which rows are still as the old program wrote them: for 0004 and 0005, after that it goes.
drop index concurrently if exists payments.attempts_of_yesterday;
create index concurrently attempts_of_yesterday on payments.attempts (id) where method = '';

drop index concurrently if exists payments.refunds_of_yesterday;
create index concurrently refunds_of_yesterday on payments.refunds (id) where channel = '';
