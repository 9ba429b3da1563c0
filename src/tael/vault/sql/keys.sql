-- name: insert_master
insert into vault.master_keys (number, kind, threshold, shares, check_value, made_at)
values (%(number)s, %(kind)s, %(threshold)s, %(shares)s, %(check_value)s, %(made_at)s)

-- name: list_masters
select number, kind, threshold, shares, check_value, made_at, retired_at
from vault.master_keys where retired_at is null order by number

-- name: highest_master
select coalesce(max(number), 0) from vault.master_keys

-- name: retire_masters
-- Those that seal nothing any more, but for the newest.
update vault.master_keys m set retired_at = %(now)s
where retired_at is null
  and number < (select max(number) from vault.master_keys)
  and not exists (select from vault.data_keys d where d.master = m.number)
returning number

-- name: insert_data_key
insert into vault.data_keys (id, purpose, master, sealed, made_at)
values (%(id)s, %(purpose)s, %(master)s, %(sealed)s, %(made_at)s)
on conflict do nothing

-- name: find_data_key
select id, purpose, master, sealed, made_at from vault.data_keys where id = %(id)s

-- name: newest_data_key
select id, purpose, master, sealed, made_at from vault.data_keys
where purpose = %(purpose)s
order by made_at desc, id desc
limit 1

-- name: lock_keys_of_other_masters
select id, purpose, master, sealed, made_at from vault.data_keys
where master <> %(master)s
order by id
limit %(limit)s
for no key update skip locked

-- name: count_keys_of_other_masters
select count(*) from vault.data_keys where master <> %(master)s

-- name: count_data_keys
select count(*) from vault.data_keys where purpose = 'cards'

-- name: reseal_data_key
update vault.data_keys set master = %(master)s, sealed = %(sealed)s where id = %(id)s

-- name: delete_unused_data_keys
-- Destroyed: what they sealed is sealed by another key now, or was forgotten.
delete from vault.data_keys d
where purpose = 'cards' and id <> %(newest)s
  and not exists (select from vault.tokens t where t.data_key = d.id)
