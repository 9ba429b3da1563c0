-- Users are found by their names, too. Key 0 there never was: a row under it gets its index when it is sealed anew
-- (`foundation.resealing`, at night, or `tael keys reseal`). A default that is constant rewrites no row.

alter table users.people add column name_index bytea not null default '\x00';
comment on column users.people.name_index is 'blind index of the letters of the name; 00: not made yet';
