-- What version 0001 kept of attempts in its own way.

drop trigger as_of_today on payments.attempts;
drop trigger as_of_today on payments.refunds;
drop function payments.as_an_attempt_of_today();
drop function payments.as_a_refund_of_today();
alter table payments.attempts drop column code_url, drop column code_expires_at;
