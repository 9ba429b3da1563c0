"""What does a payment's end do to its session? And what becomes of sessions that never got a payment?"""

from collections.abc import Sequence
from datetime import datetime

from tael.checkout import store
from tael.checkout.events import CheckoutSessionCompleted, CheckoutSessionExpired
from tael.checkout.model import Session, SessionState
from tael.foundation.db import Transaction
from tael.foundation.outbox import publish
from tael.payments.events import PaymentAuthorised, PaymentCaptured, PaymentEnded

EXPIRED_AT_ONCE = 200


async def hear_of_payments(
    tx: Transaction, facts: Sequence[PaymentCaptured | PaymentAuthorised | PaymentEnded], *, now: datetime
) -> None:
    """End the sessions of payments that were paid, whose money is held, or that ended unpaid. Heard again, nothing changes."""
    good = {fact.object_id for fact in facts if not isinstance(fact, PaymentEnded)}
    sessions = await store.lock_sessions_of_payments(tx, sorted({fact.object_id for fact in facts}))
    await complete(tx, [each for each in sessions if each.payment_id in good], now=now)
    await expire(tx, [each for each in sessions if each.payment_id not in good], now=now)


async def expire_due(tx: Transaction, *, now: datetime, limit: int = EXPIRED_AT_ONCE) -> int:
    """End sessions whose time is over and that have no payment which would end them; says how many."""
    due = await store.lock_sessions_due(tx, now=now, limit=limit)
    await expire(tx, due, now=now)
    return len(due)


async def complete(tx: Transaction, sessions: Sequence[Session], *, now: datetime) -> None:
    """End locked sessions well."""
    await store.end_sessions(tx, sessions, SessionState.COMPLETE, now)
    await publish(
        tx,
        [
            CheckoutSessionCompleted(
                object_id=each.id,
                happened_at=now,
                merchant_id=each.merchant_id,
                payment_id=each.payment_id or "",
                amount_minor=each.total.minor,
                tip_minor=each.tip_minor,
                currency=each.currency,
            )
            for each in sessions
        ],
    )


async def expire(tx: Transaction, sessions: Sequence[Session], *, now: datetime) -> None:
    """End locked sessions without a payment, and give back what they had counted of their payers' days."""
    await store.end_sessions(tx, sessions, SessionState.EXPIRED, now)
    await store.give_back_spending(tx, sessions)
    await publish(
        tx,
        [
            CheckoutSessionExpired(
                object_id=each.id,
                happened_at=now,
                merchant_id=each.merchant_id,
                payment_id=each.payment_id,
                amount_minor=each.amount_minor,
                currency=each.currency,
            )
            for each in sessions
        ],
    )
