"""The verbs of the ledger: open accounts, post entries, read the books, verify them.

Every verb takes the caller's transaction, so that the books change together with the business fact.
"""

from collections.abc import AsyncIterator, Sequence

from tael.foundation.clock import Clock
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
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
from tael.ledger.usecases import open_accounts, post


class Ledger:
    """The books of one database. Lock what is yours first: the ledger's balances are locked last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cache = store.AccountCache()

    async def open_accounts(self, tx: Transaction, specs: Sequence[AccountSpec]) -> list[Account | Refusal]:
        """Make sure that accounts are open; refuses `AccountDiffers`."""
        return list(await open_accounts.open_accounts(tx, specs, cache=self._cache, now=self._clock.now()))

    async def post(self, tx: Transaction, entries: Sequence[JournalEntry]) -> list[Booked | Refusal]:
        """Book each entry, or refuse it (the order of reasons is in `ledger.errors`) without harm to the others."""
        return await post.post(tx, entries, cache=self._cache, now=self._clock.now())

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
