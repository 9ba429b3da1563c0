"""The verbs of the ledger: open accounts, post entries, read the books, verify them.

`Ledger` takes the caller's transaction, so that the books change together with the business fact. `Books` is for
callers who bring none: the ledger's own API and its jobs.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Caller
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.foundation.patience import until_committed
from tael.foundation.signing import SigningKey, key_in, trusted_keys_in
from tael.ledger import reads, store, verification
from tael.ledger.archives import Archive
from tael.ledger.errors import EntryMalformed
from tael.ledger.files import ExportedHead, every_head
from tael.ledger.keys import MAY, LedgerKey, LedgerKeys, NewLedgerKey
from tael.ledger.model import (
    Account,
    AccountSpec,
    Booked,
    Closing,
    Decided,
    Finding,
    JournalEntry,
    PostedEntry,
    Timeline,
    TrialBalanceLine,
    number_at,
)
from tael.ledger.proofs import Proof
from tael.ledger.reads import (
    AccountBalance,
    AccountLine,
    Node,
    Period,
    Reports,
    SheetKind,
    Statement,
    StatementLine,
    Sum,
    Total,
    statement_pages,
    totals_of,
    unbalanced_currencies,
)
from tael.ledger.reads.lists import (
    AccountFilter,
    AccountStanding,
    EntryFilter,
    KindSum,
    LineFilter,
    Lists,
    Movement,
    accounts_by_number,
    sums_by_kind,
)
from tael.ledger.usecases import (
    archive_month,
    change_accounts,
    close_period,
    expire_holds,
    export_heads,
    make_months,
    open_accounts,
    post,
    prove_entry,
    seal_blocks,
)
from tael.ledger.usecases.change_accounts import AccountChange
from tael.ledger.verification import Evidence, Progress

__all__ = [
    "MAY",
    "AccountBalance",
    "AccountChange",
    "AccountFilter",
    "AccountLine",
    "AccountStanding",
    "Books",
    "EntryFilter",
    "KindSum",
    "Ledger",
    "LedgerKey",
    "LedgerKeys",
    "LineFilter",
    "Lists",
    "Movement",
    "NewLedgerKey",
    "Node",
    "Period",
    "Receipt",
    "Reports",
    "SheetKind",
    "Statement",
    "StatementLine",
    "Sum",
    "Total",
    "accounts_by_number",
    "statement_pages",
    "sums_by_kind",
    "totals_of",
    "unbalanced_currencies",
]


class Receipt(Booked, frozen=True, gc=False):
    """The receipt for an entry, which says whether it was in the books already."""

    replayed: bool = False


class Ledger:
    """The books of one database. Lock what is yours first: the ledger's balances are locked last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cache = store.AccountCache()

    @property
    def clock(self) -> Clock:
        """What time it is for these books."""
        return self._clock

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

    async def book(self, tx: Transaction, entries: Sequence[JournalEntry]) -> list[Receipt | Refusal]:
        """The same, with receipts that tell what is booked now from what was in the books before."""
        verdicts = await post.book(tx, entries, cache=self._cache, now=self._clock.now())
        return [
            Receipt(verdict.no, verdict.entry.id)
            if isinstance(verdict, Decided)
            else Receipt(verdict.no, verdict.id, replayed=True)
            if isinstance(verdict, Booked)
            else verdict
            for verdict in verdicts
        ]

    async def find_accounts(
        self, tx: Transaction, names: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], Account]:
        """Those of the accounts, by code and currency, that are open. Of what changes it may know less than is true."""
        return await self._cache.find(tx, names)

    async def settle(self, tx: Transaction, names: Sequence[tuple[str, str]], *, before: datetime) -> None:
        """Wait until all that was booked on these accounts before a moment, which is over, is committed.

        Whoever books holds their balances before it draws a number: so nobody is left who has an earlier one, and the one
        drawn here is the last before whoever comes next. It is true for the transactions after this one.
        """
        accounts = await self._cache.find(tx, names)
        await store.lock_balances(tx, [account.no for account in accounts.values()])
        await store.draw_numbers(tx, 1, now_us=number_at(before))

    async def expire_holds(self, tx: Transaction) -> int:
        """Void pending entries whose time is over; says how many, 0 when none is left."""
        return await expire_holds.expire_holds(tx, cache=self._cache, now=self._clock.now())

    async def entries_about(self, tx: Transaction, references: Sequence[str]) -> list[PostedEntry]:
        """The entries about some business objects, oldest first, 200 at most."""
        return await reads.entries_about(tx, references)

    async def trial_balance(self, tx: Transaction) -> list[TrialBalanceLine]:
        """The balance of every account, on its side."""
        return await reads.trial_balance(tx)

    async def balances_at(
        self,
        tx: Transaction,
        names: Sequence[tuple[str, str]],
        moment: datetime,
        *,
        by: Timeline = Timeline.BOOKED,
    ) -> list[reads.AccountBalance | Refusal]:
        """What was on accounts, by code and currency, at a moment; `NoSuchAccount` for one that is not open.

        As booked, an answer about the past stays the same for ever, once the transactions that were under way at
        that moment have ended.
        """
        return await reads.balances_of(tx, self._cache, names, moment, by=by)

    async def close_period(self, tx: Transaction, until: datetime, *, caller: Caller) -> Closing:
        """Book nothing any more that counts before `until`; raises `PeriodNotOver`, `ClosedFurther`."""
        return await close_period.close_period(tx, until, caller=caller, now=self.clock.now())

    async def reopen_period(self, tx: Transaction, until: datetime, *, caller: Caller) -> Closing:
        """Take back what was closed after `until`; raises `PeriodNotClosed`."""
        return await close_period.reopen_period(tx, until, caller=caller, now=self.clock.now())

    def reports(self, database: Database) -> reads.Reports:
        """What can be asked of the books without a transaction."""
        return reads.Reports(database, self._cache, self.clock)

    async def size(self, tx: Transaction) -> reads.BooksSize:
        """How much is in the books."""
        return await reads.books_size(tx)

    def verify(
        self,
        tx: Transaction,
        *,
        evidence: Evidence | None = None,
        progress: Progress = lambda _done, _of: None,
    ) -> AsyncIterator[tuple[str, list[Finding]]]:
        """Replay everything: each check by name, with its findings (none if the books are right).

        With `evidence` from outside the database (`Books.evidence`), signatures and exported heads are checked, too.
        """
        return verification.verify(tx, evidence=evidence, progress=progress)

    async def prove(self, tx: Transaction, entry_id: str) -> Proof:
        """What convinces an outsider that an entry is in the books; raises `NoSuchEntry`, `NotSealedYet`."""
        return await prove_entry.prove_entry(tx, entry_id)

    async def newest_heads(self, tx: Transaction, *, limit: int) -> list[ExportedHead]:
        """The signed heads of the last blocks, the very last one first."""
        return await export_heads.newest_heads(tx, limit=limit)


class Books:
    """The ledger of one database for callers without a transaction: each call is one, or shares one in a lane."""

    def __init__(self, database: Database, ledger: Ledger, settings: Settings) -> None:
        self.database = database
        self.ledger = ledger
        self._clock = ledger.clock
        self._settings = settings
        self.reports = ledger.reports(database)
        """What can be asked of the books."""
        self.lists = Lists(database)
        """Accounts, entries, postings and holds, page by page."""
        self._lane: Lane[JournalEntry, Receipt] = Lane(
            "ledger.post",
            database,
            ledger.book,
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

    async def post(self, entry: JournalEntry) -> Receipt:
        """Book an entry that is not linked to any; raises why not. In the lane its neighbours are other people's."""
        if entry.linked:
            raise EntryMalformed("There is no next entry for this one to be linked to.", field="linked")
        return await self._lane.submit(entry)

    async def post_together(self, entries: Sequence[JournalEntry]) -> list[Receipt | Refusal]:
        """Book many in one transaction of their own, linked ones together; each has its answer.

        Tried again while the database is away; raises `ConnectionLost`, `Contention`, `Uncertain`.
        """
        return await until_committed(
            self.database,
            lambda tx: self.ledger.book(tx, entries),
            what="ledger.post_together",
            calls=len(entries),
        )

    async def find_accounts(self, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Account]:
        """Those of the accounts, by code and currency, that are open; good for what never changes about them."""
        async with self.database.transaction() as tx:
            return await self.ledger.find_accounts(tx, names)

    async def open_accounts(
        self, specs: Sequence[AccountSpec], *, caller: Caller
    ) -> list[AccountStanding | Refusal]:
        """Make sure that accounts are open; refuses `AccountMalformed`, `AccountDiffers`."""

        async def work(tx: Transaction) -> list[AccountStanding | Refusal]:
            answers = await self.ledger.open_accounts(tx, specs)
            names = [spec.name for spec in specs]
            await self._audit(tx, caller, "ledger.open_account", names, answers)
            return await _standing(tx, answers)

        return await until_committed(self.database, work, what="ledger.open_accounts", calls=len(specs))

    async def change_account(self, change: AccountChange, *, caller: Caller) -> AccountStanding:
        """Freeze, close, limit an account, or replace its metadata; raises why not."""

        async def work(tx: Transaction) -> list[AccountStanding | Refusal]:
            answers = await self.ledger.change_accounts(tx, [change])
            name = (change.code, change.currency)
            await self._audit(tx, caller, "ledger.change_account", [name], answers)
            return await _standing(tx, answers)

        [answer] = await until_committed(self.database, work, what="ledger.change_account")
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def close_period(self, until: datetime, *, caller: Caller) -> Closing:
        """Book nothing any more that counts before `until`; raises `PeriodNotOver`, `ClosedFurther`."""
        async with self.database.transaction() as tx:
            return await self.ledger.close_period(tx, until, caller=caller)

    async def reopen_period(self, until: datetime, *, caller: Caller) -> Closing:
        """Take back what was closed after `until`; raises `PeriodNotClosed`."""
        async with self.database.transaction() as tx:
            return await self.ledger.reopen_period(tx, until, caller=caller)

    async def expire_due(self) -> None:
        """Void every pending entry whose time is over."""
        while True:
            async with self.database.transaction() as tx:
                if not await self.ledger.expire_holds(tx):
                    return

    async def seal(self) -> int:
        """Seal what was committed since the last time; says how many rows."""
        return await seal_blocks.seal_blocks(self.database, key=self.signing_key(), clock=self._clock)

    async def export_head(self) -> bool:
        """Put the newest head into the folder outside the database; says whether there was a new one."""
        return await export_heads.export_newest(
            self.database, self._settings.heads_folder, now=self._clock.now()
        )

    async def make_months(self) -> int:
        """Make room for the months ahead; says how many were made."""
        return await make_months.make_months(self.database, now=self._clock.now())

    async def archive_month(self, month: date) -> Archive:
        """Take a month out of the database, into a file; raises `NotArchivable`. Takes the owner of the tables."""
        return await archive_month.archive_month(
            self.database,
            month,
            folder=self._settings.archive_folder,
            key=self.signing_key(),
            now=self._clock.now(),
        )

    def signing_key(self) -> SigningKey:
        """The key that signs the blocks; it is made when it is first asked for."""
        return key_in(self._settings.keys_folder, "ledger", self._settings.ledger_signature)

    def evidence(self) -> Evidence:
        """What is known of the books outside their database: whose signatures to believe, and the newest head."""
        return Evidence(
            keys=trusted_keys_in(self._settings.keys_folder, "ledger"),
            exported=every_head(self._settings.heads_folder),
            archive_folder=self._settings.archive_folder,
        )

    async def _audit(
        self,
        tx: Transaction,
        caller: Caller,
        action: str,
        names: Sequence[tuple[str, str]],
        answers: Sequence[Account | Refusal],
    ) -> None:
        """One line for each account: who, what, and with which result."""
        events = [
            AuditEvent(
                happened_at=self._clock.now(),
                actor=caller.actor,
                action=action,
                object_id=f"{code} {currency}",
                result=answer.code if isinstance(answer, Refusal) else "done",
                request_id=caller.request_id,
                remote_address=caller.remote_address,
            )
            for (code, currency), answer in zip(names, answers, strict=True)
        ]
        await audit.record(tx, events)


async def _standing(tx: Transaction, answers: Sequence[Account | Refusal]) -> list[AccountStanding | Refusal]:
    """The accounts among the answers with what is on them."""
    numbers = [answer.no for answer in answers if isinstance(answer, Account)]
    found = {each.account.no: each for each in await accounts_by_number(tx, list(dict.fromkeys(numbers)))}
    return [answer if isinstance(answer, Refusal) else found[answer.no] for answer in answers]
