"""Close payments: what nobody can pay any more ends at once; what a channel may still take is closed there first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.payments import rules, store
from tael.payments.errors import NoSuchPayment
from tael.payments.events import PaymentEnded
from tael.payments.model import Attempt, Payment, PaymentState
from tael.payments.usecases.start_attempts import CHANNEL_LEASE_SECONDS


class RequestClose(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A wish to end a payment unpaid. `merchant_id` is None when the platform asks (expiry)."""

    payment_id: str
    merchant_id: str | None
    closing_as: PaymentState


class CloseRequested(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The payment, and the attempts that must be closed at their channels before it can end."""

    payment: Payment
    to_close: list[Attempt]


async def request_closes(
    tx: Transaction, commands: Sequence[RequestClose], *, now: datetime
) -> list[CloseRequested | Refusal]:
    """Each payment as it ends or begins to end; `AlreadyCaptured` if it is paid."""
    payments = await store.lock_payments(tx, {command.payment_id for command in commands})
    attempts = await store.attempts_of(tx, list(payments))
    held = [payment.id for payment in payments.values() if payment.state is PaymentState.AUTHORISED]
    steps = await store.steps_of(tx, held) if held else {}
    moved: dict[str, Payment] = {}
    leased: dict[str, Attempt] = {}
    results: list[CloseRequested | Refusal] = []
    for command in commands:
        payment = payments.get(command.payment_id)
        if payment is None or command.merchant_id not in (None, payment.merchant_id):
            results.append(NoSuchPayment(f"There is no payment {command.payment_id}.", field="payment_id"))
            continue
        refusal = rules.why_not_closable(payment, steps.get(payment.id, ()))
        if refusal is not None:
            results.append(refusal)
            continue
        live = [attempt for attempt in attempts[payment.id] if attempt.live]
        if not payment.ended:
            payment = _closing(payment, command.closing_as, live=bool(live), now=now)
            payments[payment.id] = moved[payment.id] = payment
        lease = now + timedelta(seconds=CHANNEL_LEASE_SECONDS)
        leased |= {attempt.id: msgspec.structs.replace(attempt, next_inquiry_at=lease) for attempt in live}
        results.append(CloseRequested(payment=payment, to_close=live))
    await store.update_payments(tx, list(moved.values()))
    await store.update_attempts(tx, list(leased.values()))
    await outbox.publish(tx, [ended(payment, now) for payment in moved.values() if payment.ended])
    return results


async def end_untried(tx: Transaction, payment_ids: Sequence[str], *, now: datetime) -> int:
    """End those of some payments whose every attempt has ended unpaid, as cancelled; says how many."""
    payments = await store.lock_payments(tx, set(payment_ids))
    attempts = await store.attempts_of(tx, list(payments))
    idle = [each for each in payments.values() if each.state is PaymentState.CREATED and attempts[each.id]]
    commands = [
        RequestClose(payment_id=each.id, merchant_id=None, closing_as=PaymentState.CANCELED)
        for each in idle
        if not any(attempt.live for attempt in attempts[each.id])
    ]
    await request_closes(tx, commands, now=now)
    await audit.record(
        tx,
        [
            AuditEvent(
                happened_at=now,
                actor="courier",
                action="payments.end_untried",
                object_id=each.payment_id,
                result="done",
            )
            for each in commands
        ],
    )
    return len(commands)


def ended(payment: Payment, now: datetime) -> PaymentEnded:
    """The fact that a payment ended unpaid."""
    return PaymentEnded(
        object_id=payment.id, happened_at=now, merchant_id=payment.merchant_id, state=payment.state
    )


def _closing(payment: Payment, closing_as: PaymentState, *, live: bool, now: datetime) -> Payment:
    if live:
        return msgspec.structs.replace(payment, closing_as=payment.closing_as or closing_as)
    return rules.move(payment, rules.ENDING[closing_as], closing_as=None, ended_at=now)
