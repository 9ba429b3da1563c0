-- name: erase_objections_of
delete from standing.objections where user_id = %(user_id)s

-- name: erase_requests_of
delete from standing.requests where user_id = %(user_id)s

-- name: erase_restrictions_of
delete from standing.restrictions where user_id = %(user_id)s

-- name: erase_evidence_of
delete from standing.evidence where user_id = %(user_id)s

-- name: erase_signals_of
delete from standing.signals where user_id = %(user_id)s

-- name: erase_history_of
delete from standing.history where user_id = %(user_id)s

-- name: erase_activity_of
delete from standing.activity where user_id = %(user_id)s

-- name: empty_standing
-- The row of a closed one stays: nobody is given a standing under this name again.
update standing.standings
set person = null, account_class = 'none', steps = '[{"until": null, "account_class": "none"}]', grants = '[]', limits = '{}', in_force = '[]', next_change_at = null
where user_id = %(user_id)s and state = 'closed'
