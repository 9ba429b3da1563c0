-- Attempts by method and product, with whatever the payer must do; several channels for one payment.
--
-- Only what the catalogue can do at once: no row is read or written while the tables are locked. Indexes follow in 0003,
-- old rows in 0004, the proof that the checks hold for them in 0005.

alter table payments.attempts
    add column method text collate "C" not null default '',
    add column product text collate "C" not null default 'code',
    add column action jsonb,
    add column action_expires_at timestamptz,
    add column abandoned boolean not null default false,
    add column error_class text collate "C",
    add column received_minor bigint not null default 0,
    add column payer_sealed bytea,
    add column movements int not null default 0,
    add column voided boolean not null default false,
    add column doubted_at timestamptz,
    add column recalled_at timestamptz,
    add column payers_differ boolean not null default false,
    add constraint attempts_received_minor_check check (received_minor >= 0) not valid;
comment on column payments.attempts.abandoned is
    'another channel was tried in its place: it is to be closed, and what it held is shown to nobody';
comment on column payments.attempts.received_minor is
    'what has arrived so far, where payers choose the amount themselves';
comment on column payments.attempts.movements is 'how often what has arrived has changed';
comment on column payments.attempts.voided is 'the channel ended it and gave back whatever had been paid';
comment on column payments.attempts.doubted_at is 'since when the channel contradicts what it said before';

comment on column payments.attempts.payer_sealed is
    'the account of who paid it, where the money has to be sent back to it; sealed';
comment on column payments.attempts.recalled_at is
    'when what has arrived last changed, once something of it was taken back: what was said before that is old';
comment on column payments.attempts.payers_differ is
    'more than one has sent money: a surplus goes back to nobody by itself';

alter table payments.refunds
    add column channel text collate "C" not null default '',
    add column way text collate "C" not null default 'refund',
    add column cause text collate "C",
    add column asked_at timestamptz,
    add column unowed_minor bigint not null default 0,
    add column reversals int not null default 0,
    add column doubted_at timestamptz,
    add column payee_sealed bytea,
    drop constraint refunds_reason_check,
    add constraint refunds_way_check check (way in ('refund', 'pay_out')) not valid,
    add constraint refunds_unowed_minor_check check (unowed_minor between 0 and amount_minor) not valid,
    add constraint refunds_reason_check check (
        reason in ('merchant', 'late_success', 'second_success', 'overpaid', 'underpaid', 'voided')) not valid;
comment on column payments.refunds.way is
    'back the way that the money came, or as a payout to the account that it came from';
comment on column payments.refunds.cause is 'the journal entry of the surplus that is given back: each at most once';
comment on column payments.refunds.asked_at is 'since when the channel may have been asked for it';
comment on column payments.refunds.unowed_minor is 'what of it goes back though nobody owes it: to be recovered';
comment on column payments.refunds.reversals is 'how often the channel took back what it had said for good';
comment on column payments.refunds.doubted_at is 'since when the channel contradicts what it said before';
comment on column payments.refunds.payee_sealed is
    'the account that it goes to, where we send it ourselves; sealed, and the same for as long as it exists';

-- What the old program writes while the new one runs already: at once as the new one would have written it. The old one
-- knows none of the new columns, and the new one never writes `code_url` or an empty channel.
create function payments.as_an_attempt_of_today() returns trigger language plpgsql as $$
begin
    if new.code_url is not null
        and (new.method = '' and new.action is null or tg_op = 'UPDATE' and new.code_url is distinct from old.code_url)
    then
        new.action := jsonb_build_object('type', 'show_code', 'code_url', new.code_url);
        new.action_expires_at := new.code_expires_at;
    end if;
    if new.method = '' then
        new.method := new.channel;
    end if;
    return new;
end $$;
create trigger as_of_today before insert or update on payments.attempts
    for each row execute function payments.as_an_attempt_of_today();

create function payments.as_a_refund_of_today() returns trigger language plpgsql as $$
begin
    if new.channel = '' then
        select a.channel into strict new.channel from payments.attempts a where a.id = new.attempt_id;
        new.cause := case when new.reason <> 'merchant' then new.attempt_id || ':surplus' end;
        new.asked_at := new.created_at;
    end if;
    return new;
end $$;
create trigger as_of_today before insert or update on payments.refunds
    for each row execute function payments.as_a_refund_of_today();
