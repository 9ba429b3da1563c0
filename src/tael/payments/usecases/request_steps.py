"""Request captures and increments: the wish is written down before the channel that holds the money hears of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import NoSuchChannel
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.payments import rules, store
from tael.payments.errors import NoSuchPayment
from tael.payments.model import Attempt, HoldStep, Payment, StepKind, StepState
from tael.payments.usecases.start_attempts import CHANNEL_LEASE_SECONDS


class RequestStep(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A merchant's wish to take some of what is held, or to have more held."""

    payment_id: str
    merchant_id: str
    step_id: str
    kind: StepKind
    amount_minor: int | None = None
    """How much; for a capture, all that is held and was not taken yet if it is not said."""
    tip_minor: int = 0
    final: bool = True
    """Whether what a capture leaves is released."""


async def request_steps(
    tx: Transaction, commands: Sequence[RequestStep], *, channels: Channels, now: datetime
) -> list[HoldStep | Refusal]:
    """Each capture or increment as it begins, or why not; one at a time for each payment."""
    payments = await store.lock_payments(tx, {command.payment_id for command in commands})
    attempts = await store.attempts_of(tx, list(payments))
    steps = await store.steps_of(tx, list(payments))
    made: list[HoldStep] = []
    results: list[HoldStep | Refusal] = []
    for command in commands:
        payment = payments.get(command.payment_id)
        if payment is None or payment.merchant_id != command.merchant_id:
            results.append(NoSuchPayment(f"There is no payment {command.payment_id}.", field="payment_id"))
            continue
        result = _step(payment, attempts[payment.id], steps[payment.id], command, channels=channels, now=now)
        results.append(result)
        if isinstance(result, HoldStep):
            made.append(result)
            steps[payment.id].append(result)
    await store.insert_steps(tx, made)
    return results


def _step(
    payment: Payment,
    attempts: Sequence[Attempt],
    steps: Sequence[HoldStep],
    command: RequestStep,
    *,
    channels: Channels,
    now: datetime,
) -> HoldStep | Refusal:
    refusal = rules.why_not_steppable(payment, steps, now)
    if refusal is not None:
        return refusal
    holder = next(each for each in attempts if each.holds)
    try:
        can = channels.capabilities(holder.channel)
    except NoSuchChannel as unknown:
        return unknown
    captures = command.kind is StepKind.CAPTURE
    amount_minor = payment.capturable_minor if command.amount_minor is None else command.amount_minor
    if captures:
        refusal = rules.why_not_capturable(
            payment,
            holder.hold,
            can,
            amount_minor=amount_minor,
            tip_minor=command.tip_minor,
            final=command.final,
        )
    else:
        refusal = rules.why_not_addable(payment, holder.hold, can, amount_minor)
    if refusal is not None:
        return refusal
    return HoldStep(
        id=command.step_id,
        payment_id=payment.id,
        attempt_id=holder.id,
        merchant_id=payment.merchant_id,
        channel=holder.channel,
        kind=command.kind,
        state=StepState.PROCESSING,
        amount_minor=amount_minor,
        before_minor=payment.captured_minor if captures else payment.authorised_minor,
        tip_minor=command.tip_minor,
        final=command.final and captures,
        currency=payment.currency,
        fee_minor=0,
        channel_code=None,
        error_class=None,
        created_at=now,
        ended_at=None,
        inquiries=0,
        next_inquiry_at=now + timedelta(seconds=CHANNEL_LEASE_SECONDS),
    )
