"""What is forgotten, and when? Old messages and logs, codes that nobody sent, and everything of somebody who leaves."""

from datetime import timedelta

from tael.foundation.db import Database, Transaction
from tael.messages.store import deliveries, education, messages, people
from tael.messages.usecases.desk import Desk

_AT_A_TIME = 2_000
_GRACE = timedelta(minutes=10)
"""How long after it expired the relay has for writing down by itself that it did."""


async def forget_old(database: Database, desk: Desk) -> int:
    """Delete what is older than it is kept, and what codes said that expired; gives how many rows."""
    settings, now = desk.settings, desk.now()
    kept = {
        "messages": timedelta(days=settings.message_days),
        "deliveries": timedelta(days=settings.message_log_days),
        "attempts": timedelta(days=settings.message_log_days),
        "advice": timedelta(days=settings.message_days),
    }
    forgotten = await forget_expired(database, desk)
    for what, age in kept.items():
        step = _AT_A_TIME
        while step == _AT_A_TIME:
            async with database.transaction() as tx:
                step = await messages.forget_oldest(tx, what, before=now - age, limit=_AT_A_TIME)
            forgotten += step
    return forgotten


async def forget_expired(database: Database, desk: Desk) -> int:
    """Give up what nobody sent in time, and forget what codes said; gives how many."""
    long_ago, now = desk.now() - _GRACE, desk.now()
    async with database.transaction() as tx:
        given_up = await deliveries.fail_expired(tx, long_ago=long_ago, now=now, limit=_AT_A_TIME)
        return given_up + await messages.forget_expired_secrets(tx, before=long_ago, limit=_AT_A_TIME)


async def forget_person(desk: Desk, tx: Transaction, user_id: str) -> None:
    """All that somebody was told, taught and asked, and how they were reached. The delivery log stays, without addresses."""
    await people.forget_of(tx, user_id)
    await messages.forget_of(tx, user_id, now=desk.now())
    await education.forget_of(tx, user_id)


async def erase_person(desk: Desk, tx: Transaction, user_id: str) -> None:
    """The same, and the delivery log: nothing has to be kept of them any longer."""
    await forget_person(desk, tx, user_id)
    await messages.erase_log_of(tx, user_id)
