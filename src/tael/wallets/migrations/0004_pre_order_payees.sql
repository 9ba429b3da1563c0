-- Whom an order pays, as its payer reads it.

alter table wallets.orders add column payee text not null default '';
