"""What can be asked of the books by callers who bring no transaction? Every answer is of one moment.

A report that has to fit together (a statement, a trial balance) is read from one view of the database, however many
statements of SQL it takes.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Malformed, Refusal
from tael.ledger import store
from tael.ledger.errors import NoSuchAccount
from tael.ledger.model import Account, Closing, Timeline, TrialBalanceLine
from tael.ledger.reads import charts, trial_balances
from tael.ledger.reads.balances import AccountBalance, balances_at, kept_from
from tael.ledger.reads.charts import AccountLine, Node, Sum
from tael.ledger.reads.sheets import LINES_AT_A_TIME, SheetKind, new_sheet, write_pages
from tael.ledger.reads.statements import Period, Statement, read_statement, statement_pages

_EXPORTS_AT_ONCE = 2
"""Each keeps a connection for as long as it is written; the others are for everybody else."""


class Reports:
    """Balances, statements, the chart of accounts and the trial balance of one database."""

    def __init__(self, database: Database, cache: store.AccountCache, clock: Clock) -> None:
        self._database = database
        self._cache = cache
        self._clock = clock
        self._exports = asyncio.Semaphore(_EXPORTS_AT_ONCE)

    async def balance_at(
        self, code: str, currency: str, moment: datetime | None, *, by: Timeline = Timeline.BOOKED
    ) -> AccountBalance:
        """What was on an account at a moment, or is on it now; raises `NoSuchAccount`, `MonthArchived`."""
        [answer] = await self.balances_at([(code, currency)], moment, by=by)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def balances_at(
        self, names: Sequence[store.AccountName], moment: datetime | None, *, by: Timeline = Timeline.BOOKED
    ) -> list[AccountBalance | Refusal]:
        """The same of many accounts, by code and currency, all as they stood together."""
        async with self._database.transaction() as tx:
            return await balances_of(tx, self._cache, names, moment or await self._now(tx), by=by)

    async def statement(
        self, code: str, currency: str, period: Period, *, cursor: str | None = None, limit: int
    ) -> Statement:
        """A page of an account's statement; raises `NoSuchAccount`, `StatementChanged`, `MonthArchived`, `Malformed`."""
        _check(period)
        async with self._database.transaction() as tx:
            await tx.freeze()
            account = await self._account(tx, code, currency)
            kept = await _kept(tx, period)
            return await read_statement(tx, account, kept, cursor=cursor, limit=limit)

    async def write_statement(
        self, code: str, currency: str, period: Period, file: BinaryIO, *, kind: SheetKind
    ) -> int:
        """The whole statement into a file, which stays open; says how many lines. Raises `ReportTooLong`, too."""
        _check(period)
        sheet = new_sheet(file, kind)
        async with self._exports:
            try:
                async with self._database.transaction() as tx:
                    await tx.freeze()
                    account = await self._account(tx, code, currency)
                    kept = await _kept(tx, period)
                    pages = statement_pages(tx, account, kept, limit=LINES_AT_A_TIME)
                    lines = await write_pages(sheet, pages)
            finally:
                # Also of a file that came to nothing: its rows wait on the disk until then.
                await asyncio.to_thread(sheet.end)
        return lines

    async def accounts(
        self, prefix: str = "", *, after: store.AccountName = ("", ""), limit: int
    ) -> list[AccountLine]:
        """Accounts whose code begins with `prefix`, by code and currency."""
        async with self._database.transaction() as tx:
            return await charts.accounts_in_order(tx, prefix, after=after, limit=limit)

    async def sums(self, prefix: str = "") -> list[Sum]:
        """What all accounts whose code begins with `prefix` come to, by currency."""
        async with self._database.transaction() as tx:
            return await charts.sums_of_prefix(tx, prefix)

    async def tree(self, root: str = "", *, depth: int) -> Node:
        """The tree of accounts below `root`, with sums at each node; raises `ReportTooLong`."""
        async with self._database.transaction() as tx:
            return await charts.tree(tx, root, depth=depth)

    async def trial_balance(
        self,
        *,
        at: datetime | None = None,
        by: Timeline = Timeline.BOOKED,
        depth: int | None = None,
    ) -> list[TrialBalanceLine]:
        """The balances of all accounts, now or at a moment; raises `ReportTooLong`."""
        async with self._database.transaction() as tx:
            await tx.freeze()
            if at is None:
                return await trial_balances.trial_balance(tx, depth=depth)
            return await trial_balances.trial_balance_at(tx, at, by=by, depth=depth)

    async def closings(self, *, limit: int) -> list[Closing]:
        """Closings and re-openings, the latest first: that one counts."""
        async with self._database.transaction() as tx:
            return await store.find_closings(tx, limit=limit)

    async def _now(self, tx: Transaction) -> datetime:
        """The present moment, and not one before the last entry: batches are numbered ahead of the clock."""
        last: datetime = (await tx.tuples(store.SQL.last_moment))[0][0]
        return max(self._clock.now(), last)

    async def _account(self, tx: Transaction, code: str, currency: str) -> Account:
        found = await self._cache.find(tx, [(code, currency)])
        if (code, currency) not in found:
            raise _not_open(code, currency)
        return found[code, currency]


async def balances_of(
    tx: Transaction,
    cache: store.AccountCache,
    names: Sequence[store.AccountName],
    moment: datetime,
    *,
    by: Timeline,
) -> list[AccountBalance | Refusal]:
    """What was on accounts, by code and currency, at a moment; `NoSuchAccount` for one that is not open."""
    found = await cache.find(tx, list(dict.fromkeys(names)))
    balances = await balances_at(tx, list(found.values()), moment, by=by)
    answers = dict(zip(found, balances, strict=True))
    return [answers.get(name) or _not_open(*name) for name in names]


def _not_open(code: str, currency: str) -> NoSuchAccount:
    return NoSuchAccount(f"No account {code} is open in {currency}.", field="code")


async def _kept(tx: Transaction, period: Period) -> Period:
    """The period, which begins where what is kept begins if it does not say when."""
    if period.begins_at is not None:
        return period
    return msgspec.structs.replace(period, begins_at=await kept_from(tx))


def _check(period: Period) -> None:
    if period.first > period.end:
        raise Malformed("The time ends before it begins.", field="to", hint="Give the earlier moment first.")
