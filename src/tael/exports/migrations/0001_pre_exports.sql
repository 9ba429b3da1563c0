-- Exports, and the pieces of their files.

create schema exports;

create table exports.exports (
    id text collate "C" primary key,
    merchant_id text collate "C" not null,
    actor text not null,
    kind text collate "C" not null,
    format text collate "C" not null check (format in ('csv', 'xlsx')),
    filters jsonb not null,
    columns text[] not null,
    time_zone text not null,
    state text collate "C" not null check (state in ('queued', 'running', 'done', 'failed', 'canceled')),
    rows_total bigint,
    rows_done bigint not null default 0,
    parts int not null default 0,
    last_id text collate "C",
    file_bytes bigint not null default 0,
    trouble text,
    created_at timestamptz not null,
    ended_at timestamptz,
    expires_at timestamptz not null,
    check ((ended_at is null) = (state in ('queued', 'running')))
);
create index exports_by_merchant on exports.exports (merchant_id, id);
create index exports_to_forget on exports.exports (expires_at);

create table exports.parts (
    export_id text collate "C" not null references exports.exports (id) on delete cascade,
    number int not null,
    sealed bytea not null,
    primary key (export_id, number)
);
comment on table exports.parts is 'compressed and sealed pieces, in the order of the file';

grant usage on schema exports to tael_app;
grant select, insert, update, delete on exports.exports, exports.parts to tael_app;
