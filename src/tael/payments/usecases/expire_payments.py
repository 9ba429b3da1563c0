"""Expire payments: what nobody tried, or nobody can pay any more, ends when its time is over."""

from datetime import datetime

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.payments import rules, store
from tael.payments.model import PaymentState
from tael.payments.usecases.request_closes import ended

BATCH_LIMIT = 500


async def expire_payments(tx: Transaction, *, now: datetime) -> int:
    """End up to `BATCH_LIMIT` payments; says how many. Those with a live attempt are closed at the channel first."""
    due = await store.lock_expired_payments(tx, now=now, limit=BATCH_LIMIT)
    attempts = await store.attempts_of(tx, [payment.id for payment in due])
    due = [payment for payment in due if not any(each.live for each in attempts[payment.id])]
    expired = [
        rules.move(
            payment,
            rules.ENDING[payment.closing_as or PaymentState.EXPIRED],
            closing_as=None,
            ended_at=now,
        )
        for payment in due
    ]
    await store.update_payments(tx, expired)
    await outbox.publish(tx, [ended(payment, now) for payment in expired])
    await audit.record(
        tx,
        [
            AuditEvent(
                happened_at=now,
                actor="janitor",
                action="payments.expire",
                object_id=payment.id,
                result="done",
            )
            for payment in expired
        ],
    )
    return len(expired)
