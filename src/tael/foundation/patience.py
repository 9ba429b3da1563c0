"""What if the database goes away in the middle? The same transaction is tried again, as long as that is safe.

Nothing happened (a lost connection, a deadlock): try again. Nobody knows whether it happened (COMMIT without an
answer): try again, too, and that is safe only for **work that is idempotent** by ids that its caller made. Does it
stay unknown until patience ends, the caller is told `Uncertain`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from tael.foundation.clock import monotonic_seconds
from tael.foundation.db import CommitUnknown, ConnectionLost, Contention, Database, Transaction
from tael.foundation.errors import Uncertain

log = structlog.get_logger("tael.patience")

T = TypeVar("T")

PATIENCE_SECONDS = 10.0
"""How long work is tried again while the database cannot be reached or does not confirm."""
_PAUSE_SECONDS = 0.05


async def patiently(
    once: Callable[[], Awaitable[T]], *, what: str, calls: int = 1, seconds: float = PATIENCE_SECONDS
) -> T:
    """What `once` gives as soon as it was committed; raises `ConnectionLost`, `Contention`, `Uncertain`.

    what, calls   for the log: whose work it is, and on behalf of how many
    """
    deadline = monotonic_seconds() + seconds
    unsure = False
    while True:
        try:
            return await once()
        except CommitUnknown as error:
            unsure = True
            log.warning("commit_unknown", lane=what, calls=calls, reason=str(error))
        except (ConnectionLost, Contention) as error:
            log.warning("transaction_lost", lane=what, calls=calls, reason=repr(error.__cause__))
            if monotonic_seconds() >= deadline and not unsure:
                raise
        if monotonic_seconds() >= deadline:
            raise Uncertain(
                "The database did not confirm whether this was done.",
                hint="Send the same request, with the same keys and ids, to learn its outcome.",
            )
        await asyncio.sleep(_PAUSE_SECONDS)


async def until_committed(
    database: Database, work: Callable[[Transaction], Awaitable[T]], *, what: str, calls: int = 1
) -> T:
    """What `work` gives, in a transaction of its own, tried again `patiently`."""

    async def once() -> T:
        async with database.transaction() as tx:
            return await work(tx)

    return await patiently(once, what=what, calls=calls)
