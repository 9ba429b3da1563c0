-- name: insert_decisions
insert into routing.decisions (
    id, subject, purpose, decided_at, policy, segment, turn, merchant_id, amount_minor, currency, wanted, candidates,
    chosen, probability
)
select id, subject, purpose, decided_at, policy, segment, turn, merchant_id, amount_minor, currency, wanted::jsonb,
    candidates::jsonb, chosen, probability
from unnest(
    %(id)s::text[], %(subject)s::text[], %(purpose)s::text[], %(decided_at)s::timestamptz[], %(policy)s::text[],
    %(segment)s::text[], %(turn)s::bigint[], %(merchant_id)s::text[], %(amount_minor)s::bigint[],
    %(currency)s::text[], %(wanted)s::text[], %(candidates)s::text[], %(chosen)s::text[],
    %(probability)s::double precision[]
) as given (
    id, subject, purpose, decided_at, policy, segment, turn, merchant_id, amount_minor, currency, wanted, candidates,
    chosen, probability
)

-- name: record_results
-- The first result of a decision counts. Each that speaks for or against a channel becomes a lesson, in the same
-- statement. Locked in the order of subjects, so that batches with some in common wait for one another.
with given as (
    select * from unnest(
        %(subject)s::text[], %(succeeded)s::boolean[], %(error_class)s::text[], %(seconds)s::double precision[]
    ) as g (subject, succeeded, error_class, seconds)
), locked as (
    select d.id from routing.decisions d
    where d.subject in (select subject from given) and d.learnt_at is null
    order by d.subject for update
), told as (
    update routing.decisions d
    set succeeded = g.succeeded, error_class = g.error_class, seconds = g.seconds, learnt_at = %(now)s
    from given g, locked l
    where l.id = d.id and g.subject = d.subject
    returning d.chosen, d.segment, d.succeeded
)
insert into routing.lessons (channel, segment, succeeded)
select chosen, segment, succeeded from told where succeeded is not null

-- name: list_decisions
select id, purpose, decided_at, policy, segment, turn, wanted, candidates, chosen, probability, succeeded,
    error_class, seconds, learnt_at
from routing.decisions
where (%(before)s::text is null or id < %(before)s)
  and (%(merchant_id)s::text is null or merchant_id = %(merchant_id)s)
  and (%(channel)s::text is null or chosen = %(channel)s)
  and (%(purpose)s::text is null or purpose = %(purpose)s)
  and (%(subject)s::text is null or subject = %(subject)s)
  and (%(subjects)s::text[] is null or subject = any(%(subjects)s))
  and (%(decided_from)s::timestamptz is null or decided_at >= %(decided_from)s)
  and (%(decided_before)s::timestamptz is null or decided_at < %(decided_before)s)
order by id desc
limit %(limit)s

-- name: find_decision
select id, purpose, decided_at, policy, segment, turn, wanted, candidates, chosen, probability, succeeded,
    error_class, seconds, learnt_at
from routing.decisions where id = %(id)s

-- name: traffic_since
select chosen as channel, wanted ->> 'product' as product, count(*) as decisions,
    count(*) filter (where succeeded) as succeeded, count(*) filter (where not succeeded) as failed
from routing.decisions
where decided_at >= %(since)s and purpose = 'pay'
group by chosen, wanted ->> 'product'
order by chosen, wanted ->> 'product'

-- name: decision_about
select id, purpose, decided_at, policy, segment, turn, wanted, candidates, chosen, probability, succeeded,
    error_class, seconds, learnt_at
from routing.decisions where subject = %(subject)s

-- name: forget_decisions
-- The oldest first; those that somebody else is forgetting are left to them.
delete from routing.decisions
where id in (
    select id from routing.decisions where decided_at < %(before)s
    order by decided_at, id limit %(limit)s for update skip locked
)

-- name: results_between
-- A part of the decisions about payments whose results speak for or against a channel, oldest first, from one moment
-- and, of those at that moment, after one id.
select id, purpose, decided_at, policy, segment, turn, wanted, candidates, chosen, probability, succeeded,
    error_class, seconds, learnt_at
from routing.decisions
where (decided_at, id) > (%(since)s::timestamptz, %(after)s::text) and decided_at < %(until)s
  and purpose = 'pay' and succeeded is not null
order by decided_at, id
limit %(limit)s

-- name: count_results_between
select count(*) from routing.decisions
where purpose = 'pay' and succeeded is not null and decided_at >= %(since)s and decided_at < %(until)s
