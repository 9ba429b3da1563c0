"""Which books are tampered with in the tests? Some with everything in them, sealed, with the newest head exported."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import msgspec

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database, Query, Transaction
from tael.foundation.signing import SigningKey, make_key
from tael.ledger.archives import Archive
from tael.ledger.files import every_head
from tael.ledger.model import Finding, JournalEntry, Phase
from tael.ledger.proofs import Proof
from tael.ledger.usecases.archive_month import archive_month
from tael.ledger.usecases.export_heads import export_newest
from tael.ledger.usecases.seal_blocks import seal_blocks
from tael.ledger.verification import Evidence
from tests.integration.bookkeeper import Bookkeeper, bookkeepers, entry, payout, sale


class _Undo(Exception):
    """The end of a transaction whose changes nobody is to see."""


class SealedBooks:
    """Books, the key that signs their blocks, and the folder of their heads."""

    def __init__(self, keeper: Bookkeeper, database: Database, folder: Path, key: SigningKey) -> None:
        self.keeper = keeper
        self.database = database
        """As somebody with all rights."""
        self.folder = folder
        self.key = key

    async def seal(self, *, block_limit: int = 50_000) -> int:
        """Seal what was committed, as the application."""
        return await seal_blocks(
            self.keeper.database, key=self.key, clock=self.keeper.clock, block_limit=block_limit
        )

    async def export(self) -> bool:
        """Export the newest head."""
        return await export_newest(self.keeper.database, self.folder, now=self.keeper.clock.now())

    @property
    def evidence(self) -> Evidence:
        """What is known outside the database."""
        return Evidence(
            keys=frozenset([self.key.name]),
            exported=every_head(self.folder),
            archive_folder=self.folder / "archive",
        )

    async def findings(self, tx: Transaction, evidence: Evidence | None = None) -> list[Finding]:
        """What verify finds."""
        checks = self.keeper.ledger.verify(tx, evidence=evidence or self.evidence)
        return [each async for _, findings in checks for each in findings]

    async def details(self) -> list[str]:
        """What verify finds in the books as they are, in words."""
        async with self.database.transaction() as tx:
            await tx.freeze()
            return [each.detail for each in await self.findings(tx)]

    async def details_after(self, *statements: str) -> list[str]:
        """What verify finds after an alteration by somebody with all rights, which is then undone."""
        details: list[str] = []
        try:
            async with self.database.transaction() as tx:
                await self.alter(tx, *statements)
                details = [each.detail for each in await self.findings(tx)]
                raise _Undo
        except _Undo:
            return details

    @staticmethod
    async def alter(tx: Transaction, *statements: str) -> None:
        """Write what no rule allows: triggers and foreign keys are switched off."""
        for statement in ("set local session_replication_role = replica", *statements):
            touched = await tx.run(Query("alter", statement.encode()))
            assert touched or statement.startswith("truncate"), f"nothing was altered by {statement}"

    async def archive(self, month: date) -> Archive:
        """Archive a month, as the owner."""
        now, folder = self.keeper.clock.now(), self.folder / "archive"
        return await archive_month(self.database, month, folder=folder, key=self.key, now=now)

    async def prove(self, entry_id: str) -> Proof:
        """The proof of an entry."""
        async with self.database.transaction() as tx:
            return await self.keeper.ledger.prove(tx, entry_id)


@asynccontextmanager
async def sealed_books(
    urls: DatabaseUrls, folder: Path, *, key: SigningKey | None = None
) -> AsyncIterator[SealedBooks]:
    """Books that nobody has written to."""
    superuser = Database(urls.owner, pool_size=4)
    await superuser.open()
    async with superuser.transaction() as tx:
        await tx.run(_EMPTY)
    async with bookkeepers(urls) as [keeper]:
        yield SealedBooks(keeper, superuser, folder, key or make_key("ed25519"))
    await superuser.close()


def held(id: str, minor: int, **more: object) -> JournalEntry:
    """A payer's money is held."""
    return msgspec.structs.replace(sale(id, minor), phase=Phase.PENDING, **more)


def ending(id: str, phase: Phase, ends: str, *lines: tuple[str, int]) -> JournalEntry:
    """The end of a pending entry."""
    return msgspec.structs.replace(entry(id, *lines), phase=phase, ends=ends)


async def write_everything(books: SealedBooks) -> None:
    """One entry of each sort; ten minutes lie between some of them."""
    keeper = books.keeper
    now = keeper.clock.now()
    yesterday = now - timedelta(days=1)
    await keeper.post(
        entry("e1", ("bank", 1280), ("shop", -1272), ("fees", -8)), sale("e2", 20), payout("e3", 500)
    )
    await keeper.post(
        held("open", 70, expires_at=now + timedelta(days=7)),
        held("posted", 50),
        held("voided", 30),
        msgspec.structs.replace(sale("yesterday", 9), effective_at=yesterday),
        msgspec.structs.replace(sale("earlier", 4), effective_at=yesterday - timedelta(hours=5)),
    )
    await keeper.post(
        ending("p1", Phase.POST, "posted", ("bank", 40), ("shop", -40)),
        ending("v1", Phase.VOID, "voided"),
        JournalEntry(id="back", kind="correction", reference="r1", reverses="e2"),
    )
    async with books.database.transaction() as tx:
        await tx.run(_CLOSE)


_EMPTY = Query(
    "empty",
    b"truncate ledger.blocks, ledger.archives, ledger.archived_entries, ledger.currencies restart identity cascade",
)
_CLOSE = Query(
    "close",
    b"""insert into ledger.closings (closed_until, closed_at, actor)
        select moment, now(), 'operator:ann' from (values ('2020-01-01Z'::timestamptz), ('2021-01-01Z')) as t (moment)""",
)
