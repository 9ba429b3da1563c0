-- name: insert_data_request
insert into users.data_requests (id, user_id, kind, state, asked_at)
values (%(id)s, %(user_id)s, %(kind)s, 'asked', %(asked_at)s)
on conflict do nothing

-- name: find_data_request
select id, user_id, kind, state, asked_at, ended_at, good_until, file_bytes, outcome
from users.data_requests where id = %(id)s and user_id = %(user_id)s

-- name: data_requests_of
select id, user_id, kind, state, asked_at, ended_at, good_until, file_bytes, outcome
from users.data_requests
where user_id = %(user_id)s and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: data_requests_asked
select id, user_id, kind, state, asked_at, ended_at, good_until, file_bytes, outcome
from users.data_requests where state = 'asked' and id > %(after)s order by id limit %(limit)s

-- name: keep_file
update users.data_requests
set state = 'ready', file_sealed = %(sealed)s, file_bytes = %(size)s, good_until = %(good_until)s, ended_at = %(now)s
where id = %(id)s and state = 'asked'

-- name: fetch_file
-- Once: whoever comes at the same moment waits for the row, and finds nothing.
update users.data_requests as kept
set state = 'fetched', file_sealed = null
from (
    select id, file_sealed from users.data_requests
    where id = %(id)s and user_id = %(user_id)s and state = 'ready' and good_until > %(now)s
    for update
) as found
where kept.id = found.id and kept.state = 'ready'
returning found.file_sealed

-- name: end_data_request
update users.data_requests set state = 'done', ended_at = %(now)s, outcome = %(outcome)s::jsonb
where id = %(id)s and state = 'asked'

-- name: refuse_data_request
update users.data_requests set state = 'refused', ended_at = %(now)s, outcome = %(outcome)s::jsonb
where id = %(id)s and state = 'asked'

-- name: forget_files
update users.data_requests set state = 'expired', file_sealed = null
where state = 'ready' and good_until <= %(now)s

-- name: drop_copies
-- Also one that is being written: its `keep_file` waits for this row, and then finds that nobody asks for it any more.
update users.data_requests
set state = 'expired', file_sealed = null, ended_at = coalesce(ended_at, %(now)s)
where user_id = %(user_id)s and kind = 'export' and state in ('asked', 'ready')

-- name: insert_unmasking
insert into users.unmaskings (id, user_id, by, fields, reason, address, at)
values (%(id)s, %(user_id)s, %(by)s, %(fields)s::text[], %(reason)s, %(address)s, %(at)s)

-- name: list_unmaskings
select id, user_id, by, fields, reason, address, at
from users.unmaskings
where (%(user_id)s::text is null or user_id = %(user_id)s) and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s
