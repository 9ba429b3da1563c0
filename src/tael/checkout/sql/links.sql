-- name: insert_link
insert into checkout.links (
    id, merchant_id, code, description, amount_minor, least_minor, most_minor, currency, limit_count, active, store_id,
    metadata, success_url, tip_percents, created_at, expires_at
) values (
    %(id)s, %(merchant_id)s, %(code)s, %(description)s, %(amount_minor)s, %(least_minor)s, %(most_minor)s, %(currency)s,
    %(limit_count)s, %(active)s, %(store_id)s, %(metadata)s::text::jsonb, %(success_url)s, %(tip_percents)s::int[],
    %(created_at)s, %(expires_at)s
)

-- name: find_link
select * from checkout.links where id = %(id)s

-- name: find_link_by_code
select * from checkout.links where code = %(code)s

-- name: lock_link_by_code
select * from checkout.links where code = %(code)s for update

-- name: list_links
select * from checkout.links
where merchant_id = %(merchant_id)s and (%(before)s::text is null or id < %(before)s)
  and (%(active)s::boolean is null or active = %(active)s)
order by id desc limit %(limit)s

-- name: set_link_active
update checkout.links set active = %(active)s where id = %(id)s and merchant_id = %(merchant_id)s

-- name: count_opened
update checkout.links set open_count = open_count + 1 where id = %(id)s

-- name: count_ended
-- In the order of ids; the rows are locked first, because an update does not promise an order.
with ended as (
    select * from unnest(%(ids)s::text[], %(paid)s::int[], %(left)s::int[]) as given (id, paid, gone)
), locked as (
    select id from checkout.links where id in (select id from ended) order by id for update
)
update checkout.links l set open_count = open_count - e.gone, paid_count = paid_count + e.paid
from ended e join locked using (id) where l.id = e.id
