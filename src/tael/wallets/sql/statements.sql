-- name: insert_statement
insert into wallets.statements
    (id, user_id, format, language, currency, first_day, last_day, until, code, state, due_at, created_at, file_until,
    checked_until)
values (%(id)s, %(user_id)s, %(format)s, %(language)s, %(currency)s, %(first_day)s, %(last_day)s, %(until)s, %(code)s,
    'queued', %(due_at)s, %(created_at)s, %(file_until)s, %(checked_until)s)

-- name: lock_statements_of_user
-- One at a time counts and adds: held until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('wallets.statements ' || %(user_id)s, 0))

-- name: count_open_statements
select count(*) from wallets.statements where user_id = %(user_id)s and state in ('queued', 'running')

-- name: find_statement
select id, user_id, format, language, currency, first_day, last_day, until, code, state, bills, written, holder_shown,
    opening_minor, in_minor, out_minor, closing_minor, file_bytes, sha256, trouble, attempts, created_at, ended_at,
    file_until, checked_until
from wallets.statements where id = %(id)s and checked_until > %(now)s

-- name: find_statement_by_code
select id, user_id, format, language, currency, first_day, last_day, until, code, state, bills, written, holder_shown,
    opening_minor, in_minor, out_minor, closing_minor, file_bytes, sha256, trouble, attempts, created_at, ended_at,
    file_until, checked_until
from wallets.statements where code = %(code)s and state = 'done' and checked_until > %(now)s

-- name: list_statements
select id, user_id, format, language, currency, first_day, last_day, until, code, state, bills, written, holder_shown,
    opening_minor, in_minor, out_minor, closing_minor, file_bytes, sha256, trouble, attempts, created_at, ended_at,
    file_until, checked_until
from wallets.statements
where user_id = %(user_id)s and checked_until > %(now)s and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: claim_statement
-- The one that has waited longest; one that another worker has is passed by until its time is over.
update wallets.statements
set state = 'running', due_at = %(lease_until)s, attempts = attempts + 1
where id = (
    select id from wallets.statements
    where state in ('queued', 'running') and due_at <= %(now)s
    order by due_at
    limit 1
    for update skip locked
)
returning id, user_id, format, language, currency, first_day, last_day, until, code, state, bills, written, holder_shown,
    opening_minor, in_minor, out_minor, closing_minor, file_bytes, sha256, trouble, attempts, created_at, ended_at,
    file_until, checked_until

-- name: note_progress
update wallets.statements set bills = %(bills)s, written = %(written)s, due_at = %(lease_until)s
where id = %(id)s and state = 'running' and attempts = %(attempts)s

-- name: end_statement
-- Only whoever claimed it last ends it.
update wallets.statements
set state = %(state)s, bills = %(bills)s, written = %(written)s, holder_shown = %(holder_shown)s,
    opening_minor = %(opening_minor)s, in_minor = %(in_minor)s, out_minor = %(out_minor)s,
    closing_minor = %(closing_minor)s, file_bytes = %(file_bytes)s, sha256 = %(sha256)s, trouble = %(trouble)s,
    ended_at = %(ended_at)s
where id = %(id)s and state = 'running' and attempts = %(attempts)s

-- name: insert_statement_file
insert into wallets.statement_files (statement_id, sealed, good_until) values (%(id)s, %(sealed)s, %(good_until)s)

-- name: find_statement_file
select sealed from wallets.statement_files where statement_id = %(id)s and good_until > %(now)s

-- name: forget_statement_files
delete from wallets.statement_files where good_until <= %(now)s

-- name: forget_statements_of
delete from wallets.statements where user_id = any(%(user_ids)s)

-- name: forget_statements
delete from wallets.statements where checked_until <= %(now)s
