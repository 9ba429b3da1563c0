-- name: insert_proposal
insert into foundation.proposals
    (id, kind, subject, content, digest, note, proposed_by, proposed_at, expires_at)
values
    (%(id)s, %(kind)s, %(subject)s, %(content)s, %(digest)s, %(note)s, %(proposed_by)s, %(proposed_at)s,
     %(expires_at)s)

-- name: end_proposal
-- At most one end gets in: a second one waits for the first to commit, and then writes nothing.
insert into foundation.proposal_ends
    (proposal_id, state, proposed_by, expires_at, digest, ended_by, ended_at, end_note)
select p.id, %(state)s, p.proposed_by, p.expires_at, p.digest, %(ended_by)s, %(ended_at)s, %(end_note)s
from foundation.proposals p
where p.id = %(id)s
on conflict (proposal_id) do nothing

-- name: find_proposal
select p.id, p.kind, p.subject, p.content, p.digest, p.note, p.proposed_by, p.proposed_at, p.expires_at,
    coalesce(e.state, case when p.expires_at <= %(now)s then 'expired' else 'open' end) as state,
    e.ended_by, e.ended_at, e.end_note
from foundation.proposals p
left join foundation.proposal_ends e on e.proposal_id = p.id
where p.id = %(id)s

-- name: list_proposals
-- Newest first. A filter that is null lets everything through.
select * from (
    select p.id, p.kind, p.subject, p.content, p.digest, p.note, p.proposed_by, p.proposed_at, p.expires_at,
        coalesce(e.state, case when p.expires_at <= %(now)s then 'expired' else 'open' end) as state,
        e.ended_by, e.ended_at, e.end_note
    from foundation.proposals p
    left join foundation.proposal_ends e on e.proposal_id = p.id
    where (%(before)s::text is null or p.id < %(before)s)
      and (%(kind)s::text is null or p.kind = %(kind)s or starts_with(p.kind, %(kind)s || '.'))
      and (%(subject)s::text is null or p.subject = %(subject)s)
      and (%(proposed_by)s::text is null or p.proposed_by = %(proposed_by)s)
) as proposal
where %(state)s::text is null or state = %(state)s
order by id desc
limit %(limit)s

-- name: count_proposals
select state, count(*)::int as number from (
    select coalesce(e.state, case when p.expires_at <= %(now)s then 'expired' else 'open' end) as state
    from foundation.proposals p
    left join foundation.proposal_ends e on e.proposal_id = p.id
    where p.kind = %(kind)s or starts_with(p.kind, %(kind)s || '.')
) as proposal
group by state
