-- name: save_view
-- Under a name that is in use, it takes the place of the one before. So many and no more: the row of the login is locked first.
insert into identity.saved_views as v (login_id, acts_for, page, name, query, created_at)
select l.id, %(acts_for)s, %(page)s, %(name)s, %(kept)s, %(now)s
from (select id from identity.logins where id = %(login_id)s for no key update) l
where (
    select count(*) from identity.saved_views o
    where o.login_id = %(login_id)s and o.acts_for = %(acts_for)s and o.page = %(page)s and o.name <> %(name)s
) < %(most)s
on conflict (login_id, acts_for, page, name) do update set query = excluded.query

-- name: saved_views
select name, query from identity.saved_views
where login_id = %(login_id)s and acts_for = %(acts_for)s and page = %(page)s
order by created_at, name

-- name: forget_view
delete from identity.saved_views
where login_id = %(login_id)s and acts_for = %(acts_for)s and page = %(page)s and name = %(name)s
