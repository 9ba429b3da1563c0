-- Files of evidence.

create table disputes.files (
    id text collate "C" primary key,
    dispute_id text collate "C" not null references disputes.disputes (id),
    field text collate "C" not null,
    name text not null,
    media_type text not null,
    size int not null,
    digest text not null,
    content bytea not null,
    uploaded_by text not null,
    uploaded_at timestamptz not null,
    removed_at timestamptz
);
create index files_by_dispute on disputes.files (dispute_id, id);
create unique index files_once_by_field on disputes.files (dispute_id, field) where removed_at is null;
comment on column disputes.files.content is 'Sealed.';

grant select, insert, update on disputes.files to tael_app;
