-- What somebody outside says of a user (a credit bureau, the police) is a signal with a name, a source and a reference; what the
-- platform saw itself has none of them.

alter table standing.signals
    add column id text collate "C",
    add column source text,
    add column reference text,
    add column reported_by text;
