"""Wait for somebody else to wait."""

import asyncio

from tael.foundation.db import Database, Query

_WAITING = Query(
    "waiting",
    b"select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
)


async def until_somebody_waits(database: Database) -> None:
    """Until a transaction waits for a lock that another one has."""
    for _ in range(1_000):
        async with database.transaction() as tx:
            if await tx.tuples(_WAITING):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits for a lock")
