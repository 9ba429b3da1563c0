-- Disputes.

create schema disputes;

create table disputes.disputes (
    id text collate "C" primary key,
    channel text collate "C" not null,
    number text collate "C" not null,
    payment_id text collate "C",
    attempt_id text collate "C",
    merchant_id text collate "C",
    state text collate "C" not null check (state in (
        'needs_response', 'under_review', 'won', 'lost', 'accepted', 'closed')),
    warning boolean not null,
    reason text not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text collate "C" not null,
    respond_by timestamptz,
    answer text collate "C" check (answer in ('evidence', 'accept')),
    answered_at timestamptz,
    evidence_sealed bytea,
    money text collate "C" not null default 'free' check (money in ('free', 'held', 'lost')),
    held_minor bigint not null default 0,
    charged_minor bigint not null default 0,
    pending_minor bigint not null default 0,
    moves int not null default 0,
    doubted_at timestamptz,
    inquiries int not null default 0,
    next_inquiry_at timestamptz,
    warned_days int,
    channel_code text,
    opened_at timestamptz not null,
    ended_at timestamptz,
    unique (channel, number),
    check (0 <= pending_minor and pending_minor <= charged_minor and charged_minor <= held_minor),
    check ((money = 'free') = (held_minor = 0)),
    check (money = 'free' or payment_id is not null),
    check ((payment_id is null) = (merchant_id is null)),
    check ((ended_at is null) = (state in ('needs_response', 'under_review'))),
    check (answered_at is null or answer is not null)
) with (fillfactor = 80);
comment on column disputes.disputes.number is 'the channel''s';
comment on column disputes.disputes.payment_id is 'none as long as nobody knows which payment it is about';
comment on column disputes.disputes.pending_minor is
    'what of the charged money the merchant''s balance covered; the rest is to be recovered';
create index disputes_by_merchant on disputes.disputes (merchant_id, id);
create index disputes_by_payment on disputes.disputes (payment_id);
create index disputes_due on disputes.disputes (next_inquiry_at) where next_inquiry_at is not null;
create index disputes_to_warn on disputes.disputes (respond_by) where state = 'needs_response';

grant usage on schema disputes to tael_app;
grant select, insert, update on disputes.disputes to tael_app;
