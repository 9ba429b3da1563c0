-- Changes that take two people: one proposes, another decides. Both tables only ever grow.

create table foundation.proposals (
    id text collate "C" primary key,
    kind text not null,
    subject text not null,
    content bytea not null,
    digest text not null check (digest = encode(sha256(content), 'hex')),
    note text not null,
    proposed_by text not null,
    proposed_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > proposed_at),
    unique (id, proposed_by, expires_at, digest)
);
create index proposals_by_subject on foundation.proposals (kind, subject, id);

comment on column foundation.proposals.content is
    'what will be done, as JSON or sealed by the context that proposes it; never changed';

-- The end of a proposal: there is at most one. What it must agree with is copied into the row, so that the database
-- itself refuses the same eyes, an end that comes too late, and other content than was proposed.
create table foundation.proposal_ends (
    proposal_id text collate "C" primary key,
    state text not null check (state in ('approved', 'refused', 'withdrawn')),
    proposed_by text not null,
    expires_at timestamptz not null,
    digest text not null,
    ended_by text not null,
    ended_at timestamptz not null check (ended_at < expires_at),
    end_note text not null,
    foreign key (proposal_id, proposed_by, expires_at, digest)
        references foundation.proposals (id, proposed_by, expires_at, digest),
    check ((state = 'withdrawn') = (lower(ended_by) = lower(proposed_by)))
);

grant select, insert on foundation.proposals, foundation.proposal_ends to tael_app;
