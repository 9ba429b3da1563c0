-- The books: currencies, accounts, balances, journal entries, postings, holds. Partitioned by the month of booking.

create schema ledger;
grant usage on schema ledger to tael_app;

create table ledger.currencies (
    code text collate "C" primary key,
    exponent smallint not null check (exponent between 0 and 18)
);

create table ledger.accounts (
    no bigint generated always as identity primary key,
    code text collate "C" not null,
    currency text collate "C" not null references ledger.currencies (code),
    account_class text not null check (account_class in ('asset', 'expense', 'liability', 'income', 'equity')),
    frozen text not null default 'no' check (frozen in ('no', 'in', 'out', 'both')),
    closed_at timestamptz,
    metadata jsonb,
    opened_at timestamptz not null,
    unique (code, currency)
);
create index accounts_by_metadata on ledger.accounts using gin (metadata jsonb_path_ops) where metadata is not null;

-- A new limit is a new row; of those that have begun, the one that began last counts, and of these the youngest.
create table ledger.limits (
    no bigint generated always as identity primary key,
    account_no bigint not null references ledger.accounts (no),
    begins_at timestamptz not null,
    floor_minor bigint,
    ceiling_minor bigint,
    set_at timestamptz not null
);
create index limits_by_account on ledger.limits (account_no);
comment on column ledger.limits.floor_minor is 'the least balance on the normal side; null: none';

-- Kept apart and half empty, so that a balance changes in place (a heap-only update).
create table ledger.balances (
    account_no bigint primary key references ledger.accounts (no),
    balance_minor bigint not null default 0,
    held_debits_minor bigint not null default 0,
    held_credits_minor bigint not null default 0,
    dated_minor bigint not null default 0,
    version integer not null default 1
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
comment on column ledger.balances.balance_minor is 'debits less credits, posted';
comment on column ledger.balances.held_debits_minor is 'debits of pending entries that have not ended';
comment on column ledger.balances.dated_minor is 'the part of balance_minor that was posted with an effective time of its own';
comment on column ledger.balances.version is 'goes up when the account is frozen, closed, or given a limit';

-- An entry's number is the moment of its booking: microseconds since 2000-01-01 UTC, moved on where it must be so
-- that numbers are unique and rise. They are drawn while the balances are locked, so within one account their
-- order is the order in which its balance moved.
create sequence ledger.entry_numbers as bigint minvalue 0 start 0;

create table ledger.entries (
    no bigint not null primary key,
    effective_at timestamptz,
    regards_no bigint,
    phase text not null check (phase in ('single', 'pending', 'post', 'void', 'expiry')),
    id text collate "C" not null,
    kind text not null,
    reference text collate "C" not null,
    metadata jsonb
) partition by range (no);
comment on column ledger.entries.effective_at is 'null: when it was booked';
comment on column ledger.entries.regards_no is 'the pending entry that this one ends, or the entry that it reverses';
create index entries_by_reference on ledger.entries (reference);
create index entries_by_regards on ledger.entries (regards_no) where regards_no is not null;
create index entries_by_metadata on ledger.entries using gin (metadata jsonb_path_ops) where metadata is not null;

-- An id is booked once, for ever: these rows stay when a month is archived.
create table ledger.entry_ids (
    id text collate "C" primary key,
    no bigint not null
);

create table ledger.postings (
    account_no bigint not null,
    entry_no bigint not null,
    amount_minor bigint not null check (amount_minor <> 0),
    balance_after_minor bigint not null,
    position smallint not null
) partition by range (entry_no);
create index postings_by_account on ledger.postings (account_no, entry_no);
-- `nulls first` makes it useless for ordering: otherwise the planner walks it, backwards through everybody's postings,
-- to find the last ones of one account.
create index postings_by_entry on ledger.postings (entry_no nulls first);

-- The lines of pending entries. They never change; whether they still hold is told by `open_holds`.
create table ledger.holds (
    account_no bigint not null,
    entry_no bigint not null,
    amount_minor bigint not null check (amount_minor <> 0),
    expires_at timestamptz,
    position smallint not null,
    primary key (entry_no, position)
) partition by range (entry_no);

-- Pending entries that have not ended: whoever ends one takes its row away, so it ends once.
create table ledger.open_holds (
    entry_no bigint primary key,
    expires_at timestamptz
);
create index open_holds_by_expiry on ledger.open_holds (expires_at) where expires_at is not null;

-- Postings with an effective time of their own, and their sums by hour and by day: what a balance "as of then" adds
-- to the balance as it was booked then.
create table ledger.dated_postings (
    account_no bigint not null,
    effective_at timestamptz not null,
    entry_no bigint not null,
    amount_minor bigint not null,
    dated_after_minor bigint not null,
    position smallint not null,
    primary key (account_no, effective_at, entry_no, position)
);
create index dated_postings_by_booking on ledger.dated_postings (account_no, entry_no, position);
comment on column ledger.dated_postings.dated_after_minor is 'the account''s dated_minor after this posting';
-- Wider than a balance: what is put on one hour and taken off another may be more than 63 bits in each.
create table ledger.dated_sums (
    account_no bigint not null,
    span text not null check (span in ('hour', 'day')),
    begins_at timestamptz not null,
    amount numeric(38) not null,
    primary key (account_no, span, begins_at)
);

-- Up to when the books are closed: the youngest row counts.
create table ledger.closings (
    no bigint generated always as identity primary key,
    closed_until timestamptz not null,
    closed_at timestamptz not null,
    actor text not null
);

-- The first of `how_many` consecutive numbers, not before `now_us`. The transaction's id is given out before the
-- number: whoever sees that all transactions up to some moment have ended has seen all numbers drawn before it.
create function ledger.draw_numbers(how_many integer, now_us bigint) returns bigint language plpgsql as $$
declare
    drawn bigint;
begin
    perform pg_current_xact_id();
    perform pg_advisory_xact_lock_shared(7235120003);
    begin
        perform pg_advisory_lock(7235120002);
        select greatest(last_value + 1, now_us) into drawn from ledger.entry_numbers;
        perform setval('ledger.entry_numbers', drawn + how_many - 1);
        perform pg_advisory_unlock(7235120002);
    exception when query_canceled or others then
        perform pg_advisory_unlock(7235120002); -- without the lock, it only warns
        raise;
    end;
    return drawn;
end $$;

create function ledger.number_at(moment timestamptz) returns bigint language sql immutable parallel safe
return (extract(epoch from moment) * 1000000)::bigint - 946684800000000;

create function ledger.moment_of(number bigint) returns timestamptz language sql immutable parallel safe
return timestamptz '2000-01-01 00:00:00+00' + number * interval '1 microsecond';

-- Makes the partitions of a month, as the owner: the application may not make tables. They are made beside and then
-- attached, which lets others read and write the books meanwhile.
create function ledger.make_month(month date) returns boolean language plpgsql security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    suffix text := to_char(month, 'YYYY_MM');
    begins bigint := ledger.number_at(date_trunc('month', month::timestamptz));
    ends bigint := ledger.number_at(date_trunc('month', month::timestamptz) + interval '1 month');
    parent text;
begin
    if to_regclass('ledger.entries_' || suffix) is not null then
        return false;
    end if;
    perform pg_advisory_xact_lock(7235120005);
    -- Somebody may have made it while we waited; a name that was looked up before is remembered, a query sees the rows.
    if exists (
        select from pg_class where relname = 'entries_' || suffix and relnamespace = to_regnamespace('ledger')
    ) then
        return false;
    end if;
    foreach parent in array array['entries', 'postings', 'holds'] loop
        execute format('create table ledger.%I (like ledger.%I including all)', parent || '_' || suffix, parent);
        execute format('alter table ledger.%I attach partition ledger.%I for values from (%s) to (%s)',
            parent, parent || '_' || suffix, begins, ends);
    end loop;
    return true;
end $$;
revoke execute on function ledger.make_month from public;
grant execute on function ledger.make_month to tael_app;

-- This month and a year of months ahead; whatever a slow clock numbers before goes into the first part.
do $$
declare
    first_number bigint := ledger.number_at(date_trunc('month', now() at time zone 'UTC') at time zone 'UTC');
begin
    execute format('create table ledger.entries_before partition of ledger.entries for values from (minvalue) to (%s)', first_number);
    execute format('create table ledger.postings_before partition of ledger.postings for values from (minvalue) to (%s)', first_number);
    execute format('create table ledger.holds_before partition of ledger.holds for values from (minvalue) to (%s)', first_number);
    perform ledger.make_month((date_trunc('month', now() at time zone 'UTC') + months * interval '1 month')::date)
    from generate_series(0, 12) as months;
end $$;

grant select, insert on ledger.currencies, ledger.accounts, ledger.limits, ledger.entries, ledger.entry_ids,
    ledger.postings, ledger.holds, ledger.dated_postings, ledger.closings to tael_app;
grant update (frozen, closed_at, metadata) on ledger.accounts to tael_app;
grant select, insert, update on ledger.balances, ledger.dated_sums to tael_app;
grant select, insert, delete on ledger.open_holds to tael_app;
grant select, update on sequence ledger.entry_numbers to tael_app;
