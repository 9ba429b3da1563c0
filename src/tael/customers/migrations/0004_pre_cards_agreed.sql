-- Cards whose payers let them be kept, while it is not known yet whether they pay.

create table customers.cards_agreed (
    attempt_id text collate "C" primary key,
    payment_id text collate "C" not null,
    merchant_id text collate "C" not null,
    customer_id text collate "C" not null references customers.customers (id),
    card_token text not null,
    text_version text not null,
    address text not null,
    agreed_at timestamptz not null
);

grant select, insert, delete on customers.cards_agreed to tael_app;
