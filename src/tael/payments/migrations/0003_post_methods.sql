-- What version 0001 kept of attempts in its own way.

drop index payments.attempts_due;
drop index payments.refunds_due;
alter table payments.attempts drop column code_url, drop column code_expires_at;
