"""How is business? Counts and sums of a merchant's payments and refunds over a span of time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tael.foundation.db import Database
from tael.payments.model import PaymentState
from tael.payments.store import SQL

LONGEST_SPAN = timedelta(days=93)
"""Longer ones are for exports."""
_FAILED_LATELY = timedelta(days=7)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Whose payments, and from when until when (not the last moment itself)."""

    merchant_id: str
    since: datetime
    until: datetime


class DaySum(msgspec.Struct, frozen=True, kw_only=True):
    """The payments of one day in China, in one currency."""

    currency: str
    day: date
    made: int
    paid: int
    """Of which something was captured."""
    ended: int
    captured_minor: int


class RefundSum(msgspec.Struct, frozen=True, kw_only=True):
    """The refunds of a span, in one currency; without those that failed."""

    currency: str
    made: int
    amount_minor: int


class MethodSum(msgspec.Struct, frozen=True, kw_only=True):
    """What was captured by one method, in one currency."""

    method: str
    currency: str
    paid: int
    captured_minor: int


class ToDo(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody at the merchant may want to look at."""

    to_capture: int
    """Payments whose money is held."""
    refunding: int
    """Refunds that have not arrived."""
    refunds_failed: int
    """Refunds of the merchant's that failed in the last week."""


class Summaries:
    """Summaries of one database. Spans longer than `LONGEST_SPAN` are cut at their beginning."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def states(self, span: Span) -> Mapping[PaymentState, int]:
        """How many payments are in each state; states without any are left out."""
        async with self._database.transaction() as tx:
            return {
                PaymentState(state): count
                for state, count in await tx.tuples(SQL.count_states, **_asked(span))
            }

    async def days(self, span: Span) -> Sequence[DaySum]:
        """Day by day, oldest first; days without payments are left out."""
        async with self._database.transaction() as tx:
            return await tx.rows(SQL.sum_payments, DaySum, **_asked(span))

    async def refunds(self, span: Span) -> Sequence[RefundSum]:
        """What was given back."""
        async with self._database.transaction() as tx:
            return await tx.rows(SQL.sum_refunds, RefundSum, **_asked(span))

    async def methods(self, span: Span) -> Sequence[MethodSum]:
        """Method by method, the largest first."""
        async with self._database.transaction() as tx:
            return await tx.rows(SQL.sum_methods, MethodSum, **_asked(span))

    async def to_do(self, merchant_id: str, *, now: datetime) -> ToDo:
        """What waits for somebody."""
        async with self._database.transaction() as tx:
            [found] = await tx.rows(
                SQL.count_to_do,
                ToDo,
                merchant_id=merchant_id,
                since=now - LONGEST_SPAN,
                failed_since=now - _FAILED_LATELY,
            )
        return found


def _asked(span: Span) -> dict[str, object]:
    return msgspec.structs.asdict(span) | {"since": max(span.since, span.until - LONGEST_SPAN)}
