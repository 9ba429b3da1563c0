-- Offers, their coupons, and what was redeemed of them.

create schema offers;

create table offers.offers (
    id text collate "C" primary key,
    funder text not null check (funder in ('merchant', 'platform')),
    merchant_id text collate "C",
    name text not null,
    currency text collate "C" not null,
    terms jsonb not null,
    budget_minor bigint not null check (budget_minor > 0),
    used_minor bigint not null default 0,
    state text not null check (state in ('active', 'paused', 'ended')),
    created_at timestamptz not null,
    created_by text not null,
    check (used_minor between 0 and budget_minor),
    check (funder = 'platform' or merchant_id is not null)
) with (fillfactor = 70);
create index offers_by_merchant on offers.offers (merchant_id, id);
comment on column offers.offers.used_minor is 'what is held or spent of the budget';

create table offers.coupons (
    code text collate "C" primary key,
    offer_id text collate "C" not null references offers.offers (id),
    uses_most int not null check (uses_most > 0),
    uses int not null default 0 check (uses between 0 and uses_most),
    created_at timestamptz not null
);
create index coupons_by_offer on offers.coupons (offer_id, code);

create table offers.redemptions (
    id text collate "C" primary key,
    offer_id text collate "C" not null references offers.offers (id),
    attempt_id text collate "C" not null,
    payment_id text collate "C" not null,
    payer text,
    code text collate "C",
    funder text not null,
    on_refund text not null,
    amount_minor bigint not null check (amount_minor > 0),
    given_back_minor bigint not null default 0 check (given_back_minor between 0 and amount_minor),
    state text not null check (state in ('held', 'spent', 'released')),
    created_at timestamptz not null,
    unique (attempt_id, offer_id)
);
create index redemptions_by_payer on offers.redemptions (offer_id, payer)
    where payer is not null and state <> 'released';
create index redemptions_by_offer on offers.redemptions (offer_id, id);

grant usage on schema offers to tael_app;
grant select, insert, update on offers.offers, offers.coupons, offers.redemptions to tael_app;
