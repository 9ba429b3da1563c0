-- outside of a transaction
-- What was done today, what is open, and what stands in a state is found without reading the rest. An index that was cut short is
-- made again.

drop index concurrently if exists funding.bank_cards_checking;
create index concurrently bank_cards_checking on funding.bank_cards (id) where state = 'checking';

drop index concurrently if exists funding.top_ups_by_day;
create index concurrently top_ups_by_day on funding.top_ups (user_id, created_at);
drop index concurrently if exists funding.top_ups_by_state;
create index concurrently top_ups_by_state on funding.top_ups (state, id);
drop index concurrently if exists funding.top_ups_open;
create index concurrently top_ups_open on funding.top_ups (user_id) where state = 'waiting';
drop index concurrently if exists funding.top_up_refunds_open;
create index concurrently top_up_refunds_open on funding.top_up_refunds (user_id) where state = 'processing';

drop index concurrently if exists funding.withdrawals_by_day;
create index concurrently withdrawals_by_day on funding.withdrawals (user_id, created_at);
drop index concurrently if exists funding.withdrawals_by_state;
create index concurrently withdrawals_by_state on funding.withdrawals (state, id);
drop index concurrently if exists funding.withdrawals_open_of;
create index concurrently withdrawals_open_of on funding.withdrawals (user_id) where state = 'processing';
