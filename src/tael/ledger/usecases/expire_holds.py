"""Void the pending entries whose time is over, many at a time."""

from datetime import datetime

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger import store
from tael.ledger.errors import HoldEnded
from tael.ledger.model import JournalEntry, Phase, expiry_id
from tael.ledger.usecases.post import post

BATCH_LIMIT = 500


async def expire_holds(tx: Transaction, *, cache: store.AccountCache, now: datetime) -> int:
    """Void those that are due, `BATCH_LIMIT` at most; says how many. Whoever ended one meanwhile was first."""
    due = await store.due_holds(tx, now=now, limit=BATCH_LIMIT)
    expiries = [
        JournalEntry(id=expiry_id(id), kind="hold.expired", reference=id, phase=Phase.EXPIRY, ends=id)
        for id in due
    ]
    answers = await post(tx, expiries, cache=cache, now=now)
    for answer in answers:
        if isinstance(answer, Refusal) and not isinstance(answer, HoldEnded):
            raise answer
    return len(answers)
