"""Who books in the tests of the ledger? A bank and some shops, a ledger of its own, and a lane to post through."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import psycopg

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.ledger.api import Ledger
from tael.ledger.model import AccountClass, AccountSpec, Booked, Finding, JournalEntry, Posting
from tael.testing.clocks import ManualClock

BANK = AccountSpec("bank", "CNY", AccountClass.ASSET)
DOLLARS = AccountSpec("bank", "USD", AccountClass.ASSET)
SHOP = AccountSpec("shop", "CNY", AccountClass.LIABILITY, 0)
FEES = AccountSpec("fees", "CNY", AccountClass.INCOME)
CREDIT = AccountSpec("credit", "CNY", AccountClass.LIABILITY, -500)
ACCOUNTS = [BANK, DOLLARS, SHOP, FEES, CREDIT]


def entry(id: str, *lines: tuple[str, int], kind: str = "sale", reference: str = "r1") -> JournalEntry:
    """Lines are codes and amounts; `bank/USD` is the account in another currency."""
    postings = []
    for name, minor in lines:
        code, _, currency = name.partition("/")
        postings.append(Posting(code, currency or "CNY", minor))
    return JournalEntry(id=id, kind=kind, reference=reference, postings=tuple(postings))


def sale(id: str, minor: int) -> JournalEntry:
    """A shop earns."""
    return entry(id, ("bank", minor), ("shop", -minor))


def payout(id: str, minor: int) -> JournalEntry:
    """A shop takes its money out."""
    return entry(id, ("shop", minor), ("bank", -minor), kind="payout")


class Bookkeeper:
    """One process's view of the books."""

    def __init__(self, database: Database, *, batch_limit: int = 512) -> None:
        self.database = database
        self.clock = ManualClock()
        self.ledger = Ledger(self.clock)
        self.lane: Lane[JournalEntry, Booked] = Lane(
            "books", database, self.ledger.post, batch_limit=batch_limit
        )

    async def open(self, *accounts: AccountSpec) -> None:
        """Open accounts."""
        async with self.database.transaction() as tx:
            await self.ledger.open_accounts(tx, accounts)

    async def post(self, *entries: JournalEntry) -> list[Booked | Refusal]:
        """Post in one transaction."""
        async with self.database.transaction() as tx:
            return await self.ledger.post(tx, entries)

    async def balances(self) -> dict[str, int]:
        """Every balance that is not zero, debits positive, by code; other currencies as `bank/USD`."""
        async with self.database.transaction() as tx:
            lines = await self.ledger.trial_balance(tx)
        return {
            line.code if line.currency == "CNY" else f"{line.code}/{line.currency}": line.balance_minor
            for line in lines
            if line.balance_minor
        }

    async def findings(self) -> list[Finding]:
        """What is wrong in the books."""

        async def all_of(tx: Transaction) -> list[Finding]:
            await tx.freeze()
            return [each async for _, findings in self.ledger.verify(tx) for each in findings]

        async with self.database.transaction() as tx:
            return await all_of(tx)


@asynccontextmanager
async def bookkeepers(
    urls: DatabaseUrls, count: int = 1, *, batch_limit: int = 512
) -> AsyncIterator[Sequence[Bookkeeper]]:
    """Several over empty books, each with a pool, a ledger and a lane of its own, as in so many processes."""
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        await owner.execute(
            "truncate ledger.postings, ledger.holds, ledger.open_holds, ledger.entries, ledger.entry_ids,"
            " ledger.dated_postings, ledger.dated_sums, ledger.closings, ledger.limits, ledger.balances,"
            " ledger.accounts restart identity"
        )
        await owner.execute("select setval('ledger.entry_numbers', 0)")
    databases = [Database(urls.application, pool_size=4) for _ in range(count)]
    for database in databases:
        await database.open()
    keepers = [Bookkeeper(database, batch_limit=batch_limit) for database in databases]
    for keeper in keepers:
        keeper.lane.start()
    await keepers[0].open(*ACCOUNTS)
    try:
        yield keepers
    finally:
        for keeper in keepers:
            await keeper.lane.stop()
            await keeper.database.close()
