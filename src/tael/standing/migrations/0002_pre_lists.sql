-- outside of a transaction
-- Staff list the few users of a class, or from whom something is taken. An index that was cut short is made again.

drop index concurrently if exists standing.standings_by_class;
create index concurrently standings_by_class on standing.standings (account_class, user_id);
drop index concurrently if exists standing.standings_by_state;
create index concurrently standings_by_state on standing.standings (state, user_id) where state <> 'active';
