"""What is left of a standing when nothing has to be kept of its user any longer? That it was closed."""

from tael.foundation.db import Transaction
from tael.standing import store


async def erase(tx: Transaction, user_id: str) -> None:
    """What they asked and objected, what was taken, on what it rested, and what happened: in the order of the keys."""
    sql = store.SQL
    for query in (
        sql.erase_objections_of,
        sql.erase_requests_of,
        sql.erase_restrictions_of,
        sql.erase_evidence_of,
        sql.erase_signals_of,
        sql.erase_history_of,
        sql.erase_activity_of,
        sql.empty_standing,
    ):
        await tx.run(query, user_id=user_id)
