-- Evidence: what was committed is sealed in blocks, each chained to the one before and signed.

-- A currency gets a number like the other records, so that all are sealed in ranges of numbers.
alter table ledger.currencies add column no bigint generated always as identity unique;

-- One chain over five tables. A block seals the rows of one table with numbers from first_no to last_no; the ranges
-- of a table follow one another without a gap.
create table ledger.blocks (
    no bigint primary key check (no > 0),
    sealed_table text collate "C" not null
        check (sealed_table in ('currencies', 'accounts', 'limits', 'closings', 'entries')),
    first_no bigint not null,
    last_no bigint not null check (last_no >= first_no),
    row_count integer not null check (row_count > 0),
    root bytea not null,
    previous_head bytea not null,
    sealed_at timestamptz not null,
    key text collate "C" not null,
    head bytea not null,
    signature bytea not null,
    numbers bigint[] not null,
    leaves bytea not null,
    unique (sealed_table, first_no)
);
comment on column ledger.blocks.key is 'algorithm and public key of the signature, as ed25519:<hex>';
comment on column ledger.blocks.numbers is 'of the rows, rising';
comment on column ledger.blocks.leaves is 'their hashes, 32 bytes each: they tell which row was altered';
alter table ledger.blocks alter column leaves set storage external; -- hashes cannot be compressed

-- Whoever makes a record gets a transaction id before the record gets its number (entries: ledger.draw_numbers). So
-- whoever sees that all transactions up to some moment have ended has seen all numbers given out before it.
create function ledger.take_transaction_id() returns trigger language plpgsql as $$
begin
    perform pg_current_xact_id();
    return null;
end $$;
create trigger before_numbers before insert on ledger.currencies
    for each statement execute function ledger.take_transaction_id();
create trigger before_numbers before insert on ledger.accounts
    for each statement execute function ledger.take_transaction_id();
create trigger before_numbers before insert on ledger.limits
    for each statement execute function ledger.take_transaction_id();
create trigger before_numbers before insert on ledger.closings
    for each statement execute function ledger.take_transaction_id();

-- Months whose rows lie in files. What is needed to go on without them stays here: where each account stood when the
-- month ended, and a digest of each entry, for somebody who comes with its id again.
create table ledger.archives (
    month date primary key,
    first_no bigint not null,
    last_no bigint not null,
    manifest text not null,
    key text collate "C" not null,
    signature bytea not null,
    archived_at timestamptz not null
);
comment on column ledger.archives.manifest is 'what the files hold, signed: rows, digests, closing balances';
create table ledger.archived_entries (
    no bigint primary key,
    id text collate "C" not null,
    effective_at timestamptz,
    terms bytea not null,
    lines bytea not null
);
comment on column ledger.archived_entries.terms is 'half a SHA-256 of what its author wrote, less time and lines';
comment on column ledger.archived_entries.lines is 'half a SHA-256 of its lines as their author wrote them';

-- Takes the parts of all months up to `last_month` away. Whoever may call it owns the tables; others own nothing here.
create function ledger.drop_months(last_month date, last_no bigint) returns integer language plpgsql as $$
declare
    parent text;
    part text;
    dropped integer := 0;
begin
    foreach parent in array array['entries', 'postings', 'holds'] loop
        for part in
            select c.relname
            from pg_inherits i
            join pg_class c on c.oid = i.inhrelid
            where i.inhparent = ('ledger.' || parent)::regclass and c.relname ~ '_\d{4}_\d\d$'
                and right(c.relname, 7) <= to_char(last_month, 'YYYY_MM')
        loop
            execute format('alter table ledger.%I detach partition ledger.%I', parent, part);
            execute format('drop table ledger.%I', part);
            dropped := dropped + 1;
        end loop;
    end loop;
    delete from ledger.entries_before where no <= last_no;
    delete from ledger.postings_before where entry_no <= last_no;
    delete from ledger.holds_before where entry_no <= last_no;
    return dropped;
end $$;
revoke execute on function ledger.drop_months from public;

grant select, insert on ledger.blocks to tael_app;
grant select on ledger.archives, ledger.archived_entries to tael_app;
