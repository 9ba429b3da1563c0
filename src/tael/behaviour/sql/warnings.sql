-- name: insert_warnings
insert into behaviour.warnings (id, user_id, act_id, reasons, score, follows, made_at)
select id, user_id, act_id, string_to_array(reasons, ' '), score, follows, made_at
from unnest(
    %(id)s::text[], %(user_id)s::text[], %(act_id)s::text[], %(reasons)s::text[], %(score)s::int[], %(follows)s::text[],
    %(made_at)s::timestamptz[]
) as w (id, user_id, act_id, reasons, score, follows, made_at)

-- name: lock_warning
select id, user_id, act_id, reasons, score, follows, made_at, mine, answered_at
from behaviour.warnings
where id = %(id)s and user_id = %(user_id)s
for update

-- name: answer_warning
update behaviour.warnings set mine = %(mine)s, answered_at = %(at)s where id = %(id)s

-- name: list_warnings
-- Newest first. A filter that is null lets everything through.
select id, user_id, act_id, reasons, score, follows, made_at, mine, answered_at
from behaviour.warnings
where (%(user_id)s::text is null or user_id = %(user_id)s)
  and (%(follows)s::text is null or follows = %(follows)s)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: users_to_ask_more
select distinct user_id
from behaviour.warnings
where user_id = any (%(user_ids)s::text[])
  and made_at > %(since)s
  and follows in ('ask_more', 'restrict')
  and mine is not true
