-- Statements of wallets, and their files.

create table wallets.statements (
    id text collate "C" primary key,
    user_id text collate "C" not null,
    format text collate "C" not null check (format in ('pdf', 'xlsx')),
    language text collate "C" not null,
    currency text collate "C" not null,
    first_day date not null,
    last_day date not null,
    until timestamptz not null,
    code text collate "C" not null unique,
    state text collate "C" not null check (state in ('queued', 'running', 'done', 'failed')),
    bills int,
    written int not null default 0,
    holder_shown text not null default '',
    opening_minor bigint,
    in_minor bigint,
    out_minor bigint,
    closing_minor bigint,
    file_bytes int not null default 0,
    sha256 text collate "C",
    trouble text,
    attempts int not null default 0,
    due_at timestamptz not null,
    created_at timestamptz not null,
    ended_at timestamptz,
    file_until timestamptz not null,
    checked_until timestamptz not null,
    check (first_day <= last_day),
    check ((ended_at is null) = (state in ('queued', 'running'))),
    check (state <> 'done' or sha256 is not null and opening_minor + in_minor - out_minor = closing_minor)
);
comment on column wallets.statements.due_at is 'from when on somebody may write it; while it is written: when another may take it over';
create index statements_by_user on wallets.statements (user_id, id);
create index statements_due on wallets.statements (due_at) where state in ('queued', 'running');
create index statements_to_forget on wallets.statements (checked_until);

create table wallets.statement_files (
    statement_id text collate "C" primary key references wallets.statements (id) on delete cascade,
    sealed bytea not null,
    good_until timestamptz not null
);
create index statement_files_to_forget on wallets.statement_files (good_until);

grant select, insert, update, delete on wallets.statements, wallets.statement_files to tael_app;
