"""How fast are the books themselves? Transfers posted by the ledger's own verb, without HTTP.

spread     many transfers a transaction, between accounts drawn at random
hot        many transfers a transaction, each into the one hot account
ordinary   one transfer a transaction, its two balances locked: the way without batches
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from tael.app.house import APPLICATION_ROLE
from tael.foundation.clock import SystemClock
from tael.foundation.db import Database
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.ledger.api import Ledger
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tests.bench.drive import Window, run_load

ACCOUNTS = [AccountSpec(f"bench:{number}", "CNY", AccountClass.LIABILITY) for number in range(1_000)]
HOT = AccountSpec("bench:hot", "CNY", AccountClass.LIABILITY)
_AMOUNT = Money(100, "CNY")


class TransferJob(msgspec.Struct, frozen=True, kw_only=True):
    """What to post, how many a transaction, over how many connections."""

    kind: Literal["spread", "hot", "ordinary"]
    database_url: str
    batch: int
    connections: int


class TransferResult(msgspec.Struct, frozen=True):
    """Transfers whose COMMIT was confirmed inside the window."""

    done: int


def transfer(kind: str) -> JournalEntry:
    """A new transfer."""
    giver, taker = random.sample(ACCOUNTS, 2)
    if kind == "hot":
        taker = HOT
    return JournalEntry(
        id=new_id("ent"),
        kind="bench.transfer",
        reference=giver.code,
        postings=(debit(giver, _AMOUNT), credit(taker, _AMOUNT)),
    )


async def prepare(job: TransferJob) -> Callable[[Window], Awaitable[TransferResult]]:
    """Connect and open the accounts; the work begins later."""
    database = Database(job.database_url, pool_size=job.connections, role=APPLICATION_ROLE)
    ledger = Ledger(SystemClock())
    await database.open()
    async with database.transaction() as tx:
        await ledger.open_accounts(tx, [*ACCOUNTS, HOT])

    async def post(window: Window) -> int:
        done = 0
        while not window.over:
            entries = [transfer(job.kind) for _ in range(job.batch)]
            async with database.transaction() as tx:
                receipts = await ledger.post(tx, entries)
            if refusals := [receipt for receipt in receipts if isinstance(receipt, Refusal)]:
                raise refusals[0]
            done += len(receipts) if window.counts() else 0
        return done

    async def work(window: Window) -> TransferResult:
        result = TransferResult(sum(await asyncio.gather(*(post(window) for _ in range(job.connections)))))
        await database.close()
        return result

    return work


if __name__ == "__main__":
    run_load(TransferJob, prepare)
