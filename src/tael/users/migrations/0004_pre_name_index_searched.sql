-- outside of a transaction
-- Users of a name. An index that was cut short is made again.

drop index concurrently if exists users.people_by_name;
create index concurrently people_by_name on users.people (name_index, user_id);
