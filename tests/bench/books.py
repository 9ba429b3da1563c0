"""Were the books right after all that? Every acknowledged payment is there, and all money is accounted for."""

from collections.abc import Sequence

from tael.foundation.db import Query
from tael.testing.books import faults_in_books, receivable_minor
from tests.bench.stage import Stage

_FOUND = Query("found", b"select count(*) from payments.payments where id = any(%(ids)s)")
_CAPTURED = Query("captured", b"select count(*) from payments.payments where state = 'captured'")


async def faults(stage: Stage, *, acknowledged: Sequence[str]) -> list[str]:
    """What is wrong, in sentences; nothing if the books are balanced."""
    found = [f"ledger: {fault}" for fault in await faults_in_books(stage.house)]
    channel = await stage.control.summary()
    async with stage.house.database.transaction() as tx:
        present = (await tx.tuples(_FOUND, ids=list(acknowledged)))[0][0]
        captured = (await tx.tuples(_CAPTURED))[0][0]
        ours = await receivable_minor(tx)
    if present != len(acknowledged):
        found.append(f"{len(acknowledged) - present} acknowledged payments are not in the database")
    if captured != channel.paid_orders:
        found.append(f"{channel.paid_orders} payments were paid at the channel, {captured} are captured")
    if channel.paid_more_than_once or channel.refunds:
        found.append(f"{channel.paid_more_than_once} were paid twice, {channel.refunds} refunded")
    if ours != channel.paid_minor:
        found.append(f"our books say that the channel owes {ours}, the channel says {channel.paid_minor}")
    return found
