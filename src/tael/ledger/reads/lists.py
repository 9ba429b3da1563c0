"""Which accounts, entries, postings, holds are there? Page by page: page 100,000 takes as long as page one.

A page is asked for by the key at which the one before ended, never by a count of what to skip. Numbers of entries
rise, so what is booked meanwhile comes before the first page and moves none of the others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Database, Query, Transaction
from tael.foundation.errors import Malformed
from tael.ledger import store
from tael.ledger.errors import NoSuchAccount, NoSuchEntry
from tael.ledger.model import (
    Account,
    AccountClass,
    Balance,
    Phase,
    PostedEntry,
    moment_of,
    number_at,
)
from tael.ledger.reads.charts import AFTER_EVERY_CHARACTER
from tael.ledger.store import SQL

NO_END = 2**53
"""A number that no entry has."""


class AccountStanding(msgspec.Struct, frozen=True):
    """An account and what is on it now."""

    account: Account
    balance: Balance


class AccountFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts are wanted, in the order of their codes."""

    after: tuple[str, str] | None = None
    """Code and currency of the last account of the page before."""
    prefix: str = ""
    currency: str | None = None
    account_class: AccountClass | None = None
    metadata: Mapping[str, str] | None = None
    limit: int = 50


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are wanted, newest first."""

    before_no: int = NO_END
    reference: str | None = None
    account_no: int | None = None
    """Only those that moved this account. A pending entry has moved none yet."""
    metadata: Mapping[str, str] | None = None
    kind: str | None = None
    phase: Phase | None = None
    booked_from: datetime | None = None
    booked_before: datetime | None = None
    limit: int = 50


class LineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines of one account are wanted, newest first."""

    account_no: int
    before: tuple[int, int] = (NO_END, 0)
    """Number and position of the last line of the page before."""
    booked_from: datetime | None = None
    booked_before: datetime | None = None
    limit: int = 50


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """A posting of one account, or a line that is held on it."""

    entry_no: int
    position: int
    amount_minor: int
    balance_after_minor: int | None
    """`None` for a line that is held."""
    expires_at: datetime | None
    entry_id: str
    kind: str
    reference: str
    booked_at: datetime
    effective_at: datetime


class KindSum(msgspec.Struct, frozen=True, kw_only=True):
    """What entries of one kind have moved on one side of an account."""

    kind: str
    is_credit: bool
    amount_minor: int
    """Above zero on either side."""
    count: int
    """Of postings."""


class Lists:
    """Accounts, entries, postings and holds of one database, for callers who bring no transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def account(self, code: str, currency: str) -> AccountStanding:
        """One account and what is on it; raises `NoSuchAccount`."""
        async with self._database.transaction() as tx:
            numbers = await tx.tuples(SQL.numbers_of_accounts, codes=[code], currencies=[currency])
            found = await accounts_by_number(tx, [no for (no,) in numbers])
        if not found:
            raise NoSuchAccount(f"No account {code} is open in {currency}.", field="code")
        return found[0]

    async def account_no(self, code: str, currency: str) -> int:
        """The number of an account; raises `NoSuchAccount`."""
        async with self._database.transaction() as tx:
            numbers = await tx.tuples(SQL.numbers_of_accounts, codes=[code], currencies=[currency])
        if not numbers:
            raise NoSuchAccount(f"No account {code} is open in {currency}.", field="code")
        return int(numbers[0][0])

    async def accounts(self, wanted: AccountFilter, *, after_no: int | None = None) -> list[AccountStanding]:
        """Accounts by their codes, after the account with that number; raises `Malformed` if there is none."""
        async with self._database.transaction() as tx:
            if after_no is not None:
                found: list[tuple[str, str]] = await tx.tuples(SQL.name_of_account, account_no=after_no)
                if not found:
                    raise Malformed("This is no cursor of ours.", field="cursor")
                wanted = msgspec.structs.replace(wanted, after=found[0])
            return await list_accounts(tx, wanted)

    async def entry(self, id: str) -> PostedEntry:
        """One entry; raises `NoSuchEntry`."""
        async with self._database.transaction() as tx:
            numbers = await store.find_numbers(tx, [id])
            found = await store.entries_by_number(tx, list(numbers.values())) if numbers else []
        if not found:
            raise NoSuchEntry(f"No entry {id} is in the books.", field="id")
        return found[0]

    async def entries(self, wanted: EntryFilter) -> list[PostedEntry]:
        """Entries, newest first."""
        async with self._database.transaction() as tx:
            return await list_entries(tx, wanted)

    async def postings(self, wanted: LineFilter) -> list[Movement]:
        """What moved an account, newest first."""
        async with self._database.transaction() as tx:
            return await list_postings(tx, wanted)

    async def open_holds(self, wanted: LineFilter) -> list[Movement]:
        """What is held on an account by pending entries that have not ended, newest first."""
        async with self._database.transaction() as tx:
            return await list_open_holds(tx, wanted)


async def accounts_by_number(tx: Transaction, account_nos: Sequence[int]) -> list[AccountStanding]:
    """These accounts and what is on them, in the order in which they are asked for."""
    rows = await tx.rows(SQL.accounts_with_balances, _StandingRow, account_nos=list(account_nos))
    return [
        AccountStanding(
            msgspec.convert(row, Account, from_attributes=True),
            msgspec.convert(row, Balance, from_attributes=True),
        )
        for row in rows
    ]


class _StandingRow(store.AccountRow, frozen=True):
    balance_minor: int
    held_debits_minor: int
    held_credits_minor: int


async def list_accounts(tx: Transaction, wanted: AccountFilter) -> list[AccountStanding]:
    """Accounts by their codes."""
    after_code, after_currency = wanted.after or (wanted.prefix, "")
    found = await tx.tuples(
        SQL.accounts_by_code,
        after_code=after_code,
        after_currency=after_currency,
        before_code=wanted.prefix + AFTER_EVERY_CHARACTER,
        currency=wanted.currency,
        account_class=wanted.account_class,
        metadata=store.metadata_text(wanted.metadata),
        limit=wanted.limit,
    )
    return await accounts_by_number(tx, [no for (no,) in found]) if found else []


async def list_entries(tx: Transaction, wanted: EntryFilter) -> list[PostedEntry]:
    """Entries, newest first. The rarest of what is asked for leads: reference, metadata, account, time."""
    query, led_by = _leading(wanted)
    found = await tx.tuples(
        query,
        before_no=min(wanted.before_no, _number(wanted.booked_before, NO_END)),
        from_no=_number(wanted.booked_from, 0),
        kind=wanted.kind,
        phase=wanted.phase,
        limit=wanted.limit,
        **led_by,
    )
    entries = await store.entries_by_number(tx, [no for (no,) in found]) if found else []
    return sorted(entries, key=lambda entry: entry.no, reverse=True)


def _leading(wanted: EntryFilter) -> tuple[Query, dict[str, object]]:
    reference: dict[str, object] = {"reference": wanted.reference}
    metadata: dict[str, object] = {"metadata": store.metadata_text(wanted.metadata)}
    account: dict[str, object] = {"account_no": wanted.account_no}
    if wanted.reference is not None:
        return SQL.entries_with_reference, reference | metadata | account
    if wanted.metadata:
        return SQL.entries_with_metadata, metadata | account
    if wanted.account_no is not None:
        return SQL.entries_on_account, account
    return SQL.entries_newest_first, {}


async def list_postings(tx: Transaction, wanted: LineFilter) -> list[Movement]:
    """What moved an account, newest first."""
    before_no, before_position = wanted.before
    until = _number(wanted.booked_before, NO_END)
    if until <= before_no:
        before_no, before_position = until, 0
    rows = await tx.tuples(
        SQL.page_of_postings,
        account_no=wanted.account_no,
        before_no=before_no,
        before_position=before_position,
        from_no=_number(wanted.booked_from, 0),
        limit=wanted.limit,
    )
    return await _with_heads(tx, [(no, place, minor, after, None) for no, place, minor, after in rows])


async def sums_by_kind(
    tx: Transaction, account_no: int, *, booked_from: datetime, booked_before: datetime
) -> list[KindSum]:
    """What moved an account in a period, kind by kind. Costs as much as there are postings in it."""
    rows = await tx.tuples(
        SQL.sums_by_kind,
        account_no=account_no,
        from_no=_number(booked_from, 0),
        before_no=_number(booked_before, NO_END),
    )
    return [
        KindSum(kind=kind, is_credit=is_credit, amount_minor=int(minor), count=count)
        for kind, is_credit, minor, count in rows
    ]


async def list_open_holds(tx: Transaction, wanted: LineFilter) -> list[Movement]:
    """What is held on an account by pending entries that have not ended, newest first."""
    before_no, before_position = wanted.before
    rows = await tx.tuples(
        SQL.page_of_open_holds,
        account_no=wanted.account_no,
        before_no=before_no,
        before_position=before_position,
        limit=wanted.limit,
    )
    return await _with_heads(tx, [(no, place, minor, None, until) for no, place, minor, until in rows])


async def _with_heads(
    tx: Transaction, lines: Sequence[tuple[int, int, int, int | None, datetime | None]]
) -> list[Movement]:
    """The lines with what their entries are."""
    numbers = list(dict.fromkeys(line[0] for line in lines))
    rows = await tx.tuples(SQL.heads_of_entries, numbers=numbers) if numbers else []
    heads = {no: head for no, *head in rows}
    result = []
    for no, position, minor, after, expires_at in lines:
        id, kind, reference, effective_at = heads[no]
        booked_at = moment_of(no)
        result.append(
            Movement(
                entry_no=no,
                position=position,
                amount_minor=minor,
                balance_after_minor=after,
                expires_at=expires_at,
                entry_id=id,
                kind=kind,
                reference=reference,
                booked_at=booked_at,
                effective_at=effective_at or booked_at,
            )
        )
    return result


def _number(moment: datetime | None, otherwise: int) -> int:
    """The first number of an entry that is booked at `moment` or later."""
    return otherwise if moment is None else max(0, number_at(moment))
