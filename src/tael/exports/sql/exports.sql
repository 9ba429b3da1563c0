-- name: insert_export
insert into exports.exports (
    id, merchant_id, actor, kind, format, filters, columns, time_zone, state, created_at, expires_at
)
values (
    %(id)s, %(merchant_id)s, %(actor)s, %(kind)s, %(format)s, %(filters)s, %(columns)s::text[], %(time_zone)s, %(state)s,
    %(created_at)s, %(expires_at)s
)

-- name: find_export
select id, merchant_id, actor, kind, format, filters, columns, time_zone, state, rows_total, rows_done, parts, last_id,
    file_bytes, trouble, created_at, ended_at, expires_at
from exports.exports where id = %(id)s

-- name: lock_export
select id, merchant_id, actor, kind, format, filters, columns, time_zone, state, rows_total, rows_done, parts, last_id,
    file_bytes, trouble, created_at, ended_at, expires_at
from exports.exports where id = %(id)s for update

-- name: list_exports
select id, merchant_id, actor, kind, format, filters, columns, time_zone, state, rows_total, rows_done, parts, last_id,
    file_bytes, trouble, created_at, ended_at, expires_at
from exports.exports
where merchant_id = %(merchant_id)s and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: count_open
select count(*) from exports.exports where merchant_id = %(merchant_id)s and state in ('queued', 'running')

-- name: update_export
update exports.exports
set state = %(state)s, rows_total = %(rows_total)s, rows_done = %(rows_done)s, parts = %(parts)s, last_id = %(last_id)s,
    file_bytes = %(file_bytes)s, trouble = %(trouble)s, ended_at = %(ended_at)s
where id = %(id)s

-- name: insert_part
insert into exports.parts (export_id, number, sealed) values (%(export_id)s, %(number)s, %(sealed)s)

-- name: find_part
select sealed from exports.parts where export_id = %(export_id)s and number = %(number)s

-- name: delete_parts
delete from exports.parts where export_id = %(export_id)s and number < %(below)s

-- name: delete_expired
delete from exports.exports where expires_at <= %(now)s
