"""Wait for somebody else to wait."""

from tael.foundation.db import Database, Query
from tael.testing.patience import until

_WAITING = Query(
    "waiting",
    b"select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
)


async def until_somebody_waits(database: Database, *, so_many: int = 1) -> None:
    """Until so many transactions wait for locks that others have."""

    async def wait() -> bool:
        async with database.transaction() as tx:
            return len(await tx.tuples(_WAITING)) >= so_many

    await until(wait, "transactions that wait for a lock")
