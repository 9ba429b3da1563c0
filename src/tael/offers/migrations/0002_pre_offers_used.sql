-- Offers are used: an attempt that was given up and is paid after all has its discount, also beyond the budget.

alter table offers.offers
    drop constraint offers_check,
    add constraint offers_used_check check (used_minor >= 0);
alter table offers.coupons
    drop constraint coupons_check,
    add constraint coupons_uses_check check (uses >= 0);
create index redemptions_by_payment on offers.redemptions (payment_id);
create index offers_open on offers.offers (merchant_id) where state = 'active';
