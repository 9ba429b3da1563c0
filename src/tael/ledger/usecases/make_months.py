"""Make room for the months ahead, so that no entry ever finds its month missing."""

from datetime import date, datetime

from tael.foundation.db import Database
from tael.foundation.telemetry import LEDGER_MONTHS_AHEAD
from tael.ledger.store import SQL

MONTHS_AHEAD = 12


async def make_months(database: Database, *, now: datetime, ahead: int = MONTHS_AHEAD) -> int:
    """Make this month and those that follow, as far as they are missing; says how many were made."""
    made = 0
    for month in months_from(now.date(), ahead):
        async with database.transaction() as tx:
            made += bool((await tx.tuples(SQL.make_month, month=month))[0][0])
        LEDGER_MONTHS_AHEAD.set(_months_between(now.date(), month))
    return made


def months_from(day: date, ahead: int) -> list[date]:
    """The first day of the month of `day` and of as many months after it."""
    begin = day.year * 12 + day.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(begin, begin + ahead + 1)]


def _months_between(day: date, month: date) -> int:
    return (month.year - day.year) * 12 + month.month - day.month
