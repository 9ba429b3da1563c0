-- Whether the payer came to an order by a printed code of the merchant's: such payments have a limit of their own by day.

alter table wallets.orders add column static boolean not null default false;
