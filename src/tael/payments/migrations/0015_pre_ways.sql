-- With what each payment was paid, or tried last: lists look for it.
--
-- Only what the catalogue can do at once; 0017 and 0018 fill in old rows.

alter table payments.payments
    add column method text collate "C",
    add column channel text collate "C";
comment on column payments.payments.method is
    'what it was paid with, until then what was tried last; none as long as nobody has, empty if it was before 0015 and nobody had';
