"""What moved on an account from one moment to another? Opening, lines with the balance after each, closing.

A page says what was on the account before its first line and after its last, so that the closing of one page is the
opening of the next. In the order of booking, lines only ever join at the end. In the order in which they count, a
backdated entry goes between older ones: whoever is on a later page by then is told so, because the pages that were
read would not add up with those that follow.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Malformed
from tael.ledger.errors import StatementChanged
from tael.ledger.model import EPOCH, Account, Timeline, moment_of, number_at
from tael.ledger.reads.balances import balances_before
from tael.ledger.store import SQL

_BEFORE_ALL, _AFTER_ALL = -1, 32_767
"""Positions before and after every line of an entry."""


_BEFORE_ALL_TIME, _AFTER_ALL_TIME = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """From one moment until just before another, on one of the two timelines."""

    begins_at: datetime | None = None
    """`None`: where the books in the database begin."""
    ends_at: datetime | None = None
    """The first moment that is no longer part of it; `None`: it has no end."""
    by: Timeline = Timeline.BOOKED

    @property
    def first(self) -> datetime:
        """The first moment of it."""
        return self.begins_at or _BEFORE_ALL_TIME

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.ends_at or _AFTER_ALL_TIME


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One posting, and the account after it. Debits are positive."""

    no: int
    position: int
    id: str | None
    """The entry's; it, the kind and the reference are `None` once the month of booking has been archived."""
    kind: str | None
    reference: str | None
    effective_at: datetime
    amount_minor: int
    balance_after_minor: int
    """In the order of the statement."""

    @property
    def booked_at(self) -> datetime:
        """When it was written."""
        return moment_of(self.no)

    @property
    def debit_minor(self) -> int:
        """The amount, if it stands on the left."""
        return max(self.amount_minor, 0)

    @property
    def credit_minor(self) -> int:
        """The amount, if it stands on the right."""
        return max(-self.amount_minor, 0)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an account's statement; the only one, if `next_cursor` is `None`."""

    account: Account
    period: Period
    opening_minor: int
    """What was on the account before the first line of this page."""
    lines: Sequence[StatementLine]
    closing_minor: int
    """What was on it after the last line of this page."""
    next_cursor: str | None


class _Place(msgspec.Struct, frozen=True):
    """Where a page ended: the line, in the order of the statement, and the balance after it."""

    counts_at: datetime
    no: int
    position: int
    balance_minor: int

    def written(self) -> str:
        """As a cursor."""
        numbers = (number_at(self.counts_at), self.no, self.position, self.balance_minor)
        return ".".join(f"{number:x}" for number in numbers)


def _read_cursor(cursor: str) -> _Place:
    try:
        counts_no, no, position, balance_minor = (int(part, 16) for part in cursor.split("."))
        counts_at = EPOCH + timedelta(microseconds=counts_no)
        if max(abs(no), abs(counts_no)) > 2**62 or not 0 <= position <= _AFTER_ALL:
            raise ValueError(cursor)
    except (ValueError, OverflowError):
        raise Malformed(
            "There is no such page.", field="cursor", hint="Send `next_cursor` of the page before as it is."
        ) from None
    return _Place(counts_at, no, position, balance_minor)


async def read_statement(
    tx: Transaction, account: Account, period: Period, *, cursor: str | None = None, limit: int
) -> Statement:
    """A page of the statement; refuses `Malformed` and, on a later page, `StatementChanged`.

    To be read in a transaction that sees one moment (`Transaction.freeze`).
    """
    after = _read_cursor(cursor) if cursor is not None else None
    opening_minor = await _balance_after(tx, account, period, after)
    if after is not None and opening_minor != after.balance_minor:
        raise StatementChanged(
            "Entries were backdated into the pages before this one, which no longer add up with it.",
            field="cursor",
            hint="Read the statement again from its first page.",
        )
    return await _page(tx, account, period, after=after, opening_minor=opening_minor, limit=limit)


async def statement_pages(
    tx: Transaction, account: Account, period: Period, *, limit: int
) -> AsyncIterator[Statement]:
    """The whole statement, page by page, in a transaction that sees one moment."""
    page = await read_statement(tx, account, period, limit=limit)
    yield page
    while page.next_cursor is not None:
        after = _place_of(page.lines[-1], period)
        page = await _page(tx, account, period, after=after, opening_minor=page.closing_minor, limit=limit)
        yield page


async def _balance_after(tx: Transaction, account: Account, period: Period, after: _Place | None) -> int:
    """What was on the account where a page begins, by what the books say now."""
    begins_at = period.first if after is None else after.counts_at
    [opening_minor] = await balances_before(tx, [account.no], begins_at, by=period.by)
    if after is None:
        return opening_minor
    query = SQL.sum_of_lines_at if period.by is Timeline.EFFECTIVE else SQL.sum_of_lines_booked_at
    [(at_that_moment,)] = await tx.tuples(
        query,
        account_no=account.no,
        moment=begins_at,
        through_no=after.no,
        through_position=after.position,
    )
    return opening_minor + int(at_that_moment)


async def _page(
    tx: Transaction, account: Account, period: Period, *, after: _Place | None, opening_minor: int, limit: int
) -> Statement:
    if period.by is Timeline.EFFECTIVE:
        rows = await tx.tuples(SQL.lines_as_effective, **_bounds_as_effective(account, period, after, limit))
    else:
        rows = await tx.tuples(SQL.lines_as_booked, **_bounds_as_booked(account, period, after, limit))
    lines = []
    balance_minor = opening_minor
    for no, id, kind, reference, effective_at, position, amount_minor in rows[:limit]:
        balance_minor += amount_minor
        lines.append(
            StatementLine(
                no=no,
                position=position,
                id=id,
                kind=kind,
                reference=reference,
                effective_at=effective_at or moment_of(no),
                amount_minor=amount_minor,
                balance_after_minor=balance_minor,
            )
        )
    return Statement(
        account=account,
        period=period,
        opening_minor=opening_minor,
        lines=lines,
        closing_minor=balance_minor,
        next_cursor=_place_of(lines[-1], period).written() if len(rows) > limit else None,
    )


def _place_of(line: StatementLine, period: Period) -> _Place:
    counts_at = line.effective_at if period.by is Timeline.EFFECTIVE else line.booked_at
    return _Place(counts_at, line.no, line.position, line.balance_after_minor)


def _bounds_as_booked(account: Account, period: Period, after: _Place | None, limit: int) -> dict[str, Any]:
    return {
        "account_no": account.no,
        "after_no": number_at(period.first) if after is None else after.no,
        "after_position": _BEFORE_ALL if after is None else after.position,
        "before_no": number_at(period.end),
        "limit": limit + 1,
    }


def _bounds_as_effective(
    account: Account, period: Period, after: _Place | None, limit: int
) -> dict[str, Any]:
    """Where the two streams go on: the lines that counted when they were booked, and those with a time of their own."""
    if after is None:
        after = _Place(period.first, _BEFORE_ALL, _BEFORE_ALL, 0)
    same_moment_no = number_at(after.counts_at)
    if after.no == same_moment_no:
        undated_position = after.position
    else:
        undated_position = _AFTER_ALL if after.no > same_moment_no else _BEFORE_ALL
    return {
        "account_no": account.no,
        "after_no": same_moment_no,
        "after_position": undated_position,
        "before_no": number_at(period.end),
        "after": after.counts_at,
        "after_dated_no": after.no,
        "after_dated_position": after.position,
        "before": period.end,
        "limit": limit + 1,
    }
