"""Draw a line under a part of the books: nothing that counts before it is booked any more.

Numbers of entries are not drawn while the line is: what was in flight has ended before, and is in the closed part;
what comes afterwards sees the line. Moving the line back is another verb, so that nobody does it by mistyping a date.
"""

from datetime import datetime

from tael.foundation import audit
from tael.foundation.calls import Caller
from tael.foundation.db import Transaction
from tael.ledger import store
from tael.ledger.errors import ClosedFurther, PeriodNotClosed, PeriodNotOver
from tael.ledger.model import Closing


async def close_period(tx: Transaction, until: datetime, *, caller: Caller, now: datetime) -> Closing:
    """Refuse from now on what counts before `until`; refuses `PeriodNotOver`, `ClosedFurther`.

    Closed up to there already, it stays as it was. Run it in a transaction of its own: it waits for everybody who
    is booking, and everybody who wants to book waits for it.
    """
    if until > now:
        raise PeriodNotOver(
            f"The books cannot be closed until {until.isoformat()}: it is {now.isoformat()}.", field="until"
        )
    latest, _ = await _lock(tx)
    if latest is not None and latest.closed_until == until:
        return latest
    if latest is not None and latest.closed_until > until:
        raise ClosedFurther(
            f"The books are closed until {latest.closed_until.isoformat()} already.",
            field="until",
            hint="To open a part of them again, say so: reopen the period.",
        )
    await store.leave_numbers_behind(tx, until)
    return await _record(tx, until, "ledger.close_period", caller=caller, now=now)


async def reopen_period(tx: Transaction, until: datetime, *, caller: Caller, now: datetime) -> Closing:
    """Take back what was closed after `until`; refuses `PeriodNotClosed`. Said again, it stays as it was."""
    latest, before = await _lock(tx)
    if latest is not None and before is not None and latest.closed_until == until < before.closed_until:
        return latest
    if latest is None or latest.closed_until <= until:
        stands = "not closed" if latest is None else f"closed until {latest.closed_until.isoformat()}"
        raise PeriodNotClosed(
            f"The books are {stands}: nothing after {until.isoformat()} can be opened again.", field="until"
        )
    return await _record(tx, until, "ledger.reopen_period", caller=caller, now=now)


async def _lock(tx: Transaction) -> tuple[Closing | None, Closing | None]:
    """Keep everybody from booking, then say how far the books are closed, and how far they were before that."""
    await store.lock_numbers(tx)
    latest, before, *_ = [*await store.find_closings(tx, limit=2), None, None]
    return latest, before


async def _record(tx: Transaction, until: datetime, action: str, *, caller: Caller, now: datetime) -> Closing:
    closing = Closing(closed_until=until, closed_at=now, actor=caller.actor)
    await store.insert_closing(tx, closing)
    await audit.record(
        tx,
        [
            audit.AuditEvent(
                happened_at=now,
                actor=caller.actor,
                action=action,
                object_id=until.isoformat(),
                result="done",
                request_id=caller.request_id,
                remote_address=caller.remote_address,
            )
        ],
    )
    return closing
