-- Rules of law and of the house that were changed while the platform ran: beside those that came with the program.
-- The table only ever grows: of two versions that begin at the same moment, the one that was approved last counts.

create table foundation.dated_rules (
    number bigint generated always as identity primary key,
    name text collate "C" not null,
    effective_from timestamptz not null,
    value jsonb not null check (jsonb_typeof(value) = 'object'),
    source text not null,
    verified text not null check (verified in ('law', 'secondary', 'unverified', 'house')),
    note text not null,
    proposal_id text collate "C" not null unique references foundation.proposals (id),
    proposed_by text not null,
    approved_by text not null,
    approved_at timestamptz not null,
    check (effective_from > approved_at),
    check (lower(approved_by) <> lower(proposed_by))
);
create index dated_rules_by_name on foundation.dated_rules (name, effective_from, number);

comment on table foundation.dated_rules is 'what was approved is in force from a later moment on: the past never changes';
comment on column foundation.dated_rules.source is 'document and article, or whose decision it is';

grant select, insert on foundation.dated_rules to tael_app;
