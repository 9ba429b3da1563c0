-- name: shown_in
-- What somebody was shown in a moment, the last first.
select tip, shown_at, read_at
from messages.advice
where user_id = %(user_id)s and moment = %(moment)s
order by shown_at desc
limit %(limit)s

-- name: insert_advice
insert into messages.advice (id, user_id, moment, tip, shown_at)
values (%(id)s, %(user_id)s, %(moment)s, %(tip)s, %(now)s)

-- name: read_advice
-- When it was read first.
update messages.advice
set read_at = coalesce(read_at, %(now)s)
where id = %(id)s and user_id = %(user_id)s
returning id, tip, moment, read_at

-- name: forget_advice_of
delete from messages.advice where user_id = %(user_id)s

-- name: start_campaign
insert into messages.campaigns (id, tip, because, day, state, started_by, started_at)
values (%(id)s, %(tip)s, %(because)s, %(day)s, 'running', %(started_by)s, %(now)s)
on conflict (tip, because, day) do nothing

-- name: lock_running_campaign
-- The oldest that goes on; one that another worker is at is left to it.
select id, tip, last_seq, started_at
from messages.campaigns
where state = 'running'
order by started_at, id
limit 1
for update skip locked

-- name: advance_campaign
update messages.campaigns
set posted = posted + %(posted)s, last_seq = %(last_seq)s, state = %(state)s, ended_at = %(ended_at)s
where id = %(id)s

-- name: list_campaigns
select id, tip, because, day, state, posted, started_at, ended_at
from messages.campaigns
where %(before)s::text is null or id < %(before)s
order by id desc
limit %(limit)s

-- name: insert_quiz
insert into messages.quizzes (id, user_id, because, required, questions, assigned_at)
values (%(id)s, %(user_id)s, %(because)s, %(required)s, %(questions)s::text[], %(now)s)

-- name: lock_quiz
select id, user_id, because, required, questions, tries, assigned_at, passed_at
from messages.quizzes
where id = %(id)s and user_id = %(user_id)s
for update

-- name: list_quizzes
select id, user_id, because, required, questions, tries, assigned_at, passed_at
from messages.quizzes
where user_id = %(user_id)s and (not %(open)s::boolean or passed_at is null)
  and (%(before)s::text is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: last_questions
select questions from messages.quizzes where user_id = %(user_id)s order by id desc limit 1

-- name: insert_quiz_answers
insert into messages.quiz_answers (id, quiz_id, user_id, questions, answers, score, passed, answered_at)
values (
    %(id)s, %(quiz_id)s, %(user_id)s, %(questions)s::text[], %(answers)s::int[], %(score)s, %(passed)s, %(now)s
)

-- name: move_quiz
update messages.quizzes
set tries = tries + 1, questions = %(questions)s::text[], passed_at = %(passed_at)s
where id = %(id)s

-- name: who_owes_quiz
select distinct user_id from messages.quizzes
where user_id = any(%(user_ids)s::text[]) and required and passed_at is null

-- name: forget_quizzes_of
delete from messages.quizzes where user_id = %(user_id)s

-- name: forget_quiz_answers_of
delete from messages.quiz_answers where user_id = %(user_id)s

-- name: advice_figures
select tip, count(*) as shown, count(read_at) as read
from messages.advice
where shown_at >= %(since)s
group by tip

-- name: told_figures
select template, count(*) as told, count(read_at) as told_read
from messages.messages
where created_at >= %(since)s and urgency = 'education'
group by template

-- name: quiz_figures
select q.because, count(*) as assigned, count(q.passed_at) as passed, coalesce(sum(q.tries), 0)::int as answered,
    count(*) filter (where q.passed_at is not null and q.tries = 1) as right_first
from messages.quizzes q
where q.assigned_at >= %(since)s
group by q.because
order by q.because
