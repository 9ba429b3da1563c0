"""The verbs of the ledger: open accounts, post entries, read the books, verify them.

`Ledger` takes the caller's transaction, so that the books change together with the business fact. `Books` is for
callers who bring none: the ledger's own API and its jobs.
"""

from collections.abc import AsyncIterator, Sequence

from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.ledger import reads, store
from tael.ledger.model import (
    Account,
    AccountSpec,
    Booked,
    Finding,
    JournalEntry,
    PostedEntry,
    TrialBalanceLine,
)
from tael.ledger.usecases import change_accounts, expire_holds, open_accounts, post
from tael.ledger.usecases.change_accounts import AccountChange

__all__ = ["AccountChange", "Books", "Ledger"]


class Ledger:
    """The books of one database. Lock what is yours first: the ledger's balances are locked last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cache = store.AccountCache()

    async def open_accounts(self, tx: Transaction, specs: Sequence[AccountSpec]) -> list[Account | Refusal]:
        """Make sure that accounts are open; refuses `AccountMalformed`, `AccountDiffers`."""
        return await open_accounts.open_accounts(tx, specs, cache=self._cache, now=self._clock.now())

    async def change_accounts(
        self, tx: Transaction, changes: Sequence[AccountChange]
    ) -> list[Account | Refusal]:
        """Freeze, close, limit accounts, or replace their metadata."""
        return await change_accounts.change_accounts(tx, changes, cache=self._cache, now=self._clock.now())

    async def post(self, tx: Transaction, entries: Sequence[JournalEntry]) -> list[Booked | Refusal]:
        """Book each entry, or refuse it (the order of reasons is in `ledger.errors`) without harm to the others."""
        return await post.post(tx, entries, cache=self._cache, now=self._clock.now())

    async def expire_holds(self, tx: Transaction) -> int:
        """Void pending entries whose time is over; says how many, 0 when none is left."""
        return await expire_holds.expire_holds(tx, cache=self._cache, now=self._clock.now())

    async def entries_about(self, tx: Transaction, references: Sequence[str]) -> list[PostedEntry]:
        """The entries about some business objects, oldest first, 200 at most."""
        return await reads.entries_about(tx, references)

    async def trial_balance(self, tx: Transaction) -> list[TrialBalanceLine]:
        """The totals of every account."""
        return await reads.trial_balance(tx)

    async def size(self, tx: Transaction) -> reads.BooksSize:
        """How much is in the books."""
        return await reads.books_size(tx)

    def verify(self, tx: Transaction) -> AsyncIterator[tuple[str, list[Finding]]]:
        """Replay everything: each check by name, with its findings (none if the books are right)."""
        return reads.verify(tx)


class Books:
    """The ledger of one database for callers without a transaction: each call is one, or shares one in a lane."""

    def __init__(self, database: Database, ledger: Ledger, settings: Settings) -> None:
        self.database = database
        self.ledger = ledger
        self._lane: Lane[JournalEntry, Booked] = Lane(
            "ledger.post",
            database,
            ledger.post,
            batch_limit=settings.lane_batch_limit,
            queue_limit=settings.lane_queue_limit,
            parallel=settings.lane_parallel,
        )

    def start(self) -> None:
        """Begin to take entries; to be called inside the event loop."""
        self._lane.start()

    async def stop(self) -> None:
        """Finish what waits in the lane, then return."""
        await self._lane.stop()

    async def post(self, entry: JournalEntry) -> Booked:
        """Book an entry that is not linked to any; raises why not."""
        return await self._lane.submit(entry)

    async def expire_due(self) -> None:
        """Void every pending entry whose time is over."""
        while True:
            async with self.database.transaction() as tx:
                if not await self.ledger.expire_holds(tx):
                    return
