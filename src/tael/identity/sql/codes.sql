-- name: count_code
-- No row: too soon after the last one, or too many since the first.
insert into identity.code_counts as c (about, made, since, last_at) values (%(about)s, 1, %(now)s, %(now)s)
on conflict (about) do update
set made = case when c.since <= %(counted_since)s then 1 else c.made + 1 end,
    since = case when c.since <= %(counted_since)s then %(now)s else c.since end,
    last_at = %(now)s
where c.last_at <= %(last_before)s and (c.made < %(most)s or c.since <= %(counted_since)s)
returning made

-- name: code_count
select made, since, last_at from identity.code_counts where about = %(about)s

-- name: put_code
-- The one before for the same purpose works no more.
insert into identity.one_time_codes as c (about, purpose, code_sealed, made_at, expires_at)
values (%(about)s, %(purpose)s, %(sealed)s, %(now)s, %(expires_at)s)
on conflict (about, purpose) do update
set code_sealed = excluded.code_sealed, made_at = excluded.made_at, expires_at = excluded.expires_at, used_at = null

-- name: find_code
select code_sealed from identity.one_time_codes
where about = %(about)s and purpose = %(purpose)s and used_at is null and expires_at > %(now)s

-- name: use_code
-- The sealed bytes say which code it was: whoever made another one meanwhile has voided this one.
update identity.one_time_codes set used_at = %(now)s
where about = %(about)s and purpose = %(purpose)s and code_sealed = %(sealed)s and used_at is null

-- name: forget_codes
delete from identity.one_time_codes where made_at < %(before)s

-- name: forget_code_counts
delete from identity.code_counts where last_at < %(before)s
