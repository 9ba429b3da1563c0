"""Start attempts: the row is committed before the channel hears of it; one live attempt per payment and channel."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import NoSuchChannel
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.payments import rules, store
from tael.payments.errors import NoSuchPayment, TooManyAttempts
from tael.payments.model import Attempt, AttemptState, Payment, PaymentState

ATTEMPTS_LIMIT = 20
"""How often one payment may be tried: a channel that refuses again and again is not asked for ever."""
CHANNEL_LEASE_SECONDS = 30
"""How long whoever begins a call to a channel has before the janitor asks in its place."""


class StartAttempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A wish to pay a payment over a channel. `merchant_id` is None when the payer asks."""

    payment_id: str
    merchant_id: str | None
    channel: str
    attempt_id: str


class Started(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The live attempt, new or not."""

    payment: Payment
    attempt: Attempt


async def start_attempts(
    tx: Transaction, commands: Sequence[StartAttempt], *, channels: Channels, now: datetime
) -> list[Started | Refusal]:
    """The live attempt of each payment on the wanted channel; made if there is none."""
    payments = await store.lock_payments(tx, {command.payment_id for command in commands})
    attempts = await store.attempts_of(tx, list(payments))
    new: list[Attempt] = []
    moved: dict[str, Payment] = {}
    results: list[Started | Refusal] = []
    for command in commands:
        payment = payments.get(command.payment_id)
        if payment is None or command.merchant_id not in (None, payment.merchant_id):
            results.append(NoSuchPayment(f"There is no payment {command.payment_id}.", field="payment_id"))
            continue
        refusal = rules.why_not_startable(payment, now) or _why_not_over(channels, command.channel, payment)
        if refusal is not None:
            results.append(refusal)
            continue
        attempt = _live_on(attempts[payment.id], command.channel)
        if attempt is None and len(attempts[payment.id]) >= ATTEMPTS_LIMIT:
            results.append(
                TooManyAttempts(
                    f"{ATTEMPTS_LIMIT} attempts to pay have failed already.", hint="Make a new payment."
                )
            )
            continue
        if attempt is None:
            attempt = _new_attempt(payment, command, now)
            new.append(attempt)
            attempts[payment.id].append(attempt)
            payment = msgspec.structs.replace(payment, state=PaymentState.PROCESSING)
            payments[payment.id] = moved[payment.id] = payment
        results.append(Started(payment=payment, attempt=attempt))
    async with tx.together():
        await store.insert_attempts(tx, new)
        await store.update_payments(tx, list(moved.values()))
    return results


def _why_not_over(channels: Channels, channel: str, payment: Payment) -> Refusal | None:
    try:
        return rules.why_not_offered(payment, channel, channels.capabilities(channel))
    except NoSuchChannel as refusal:
        return refusal


def _live_on(attempts: Sequence[Attempt], channel: str) -> Attempt | None:
    return next((attempt for attempt in attempts if attempt.channel == channel and attempt.live), None)


def _new_attempt(payment: Payment, command: StartAttempt, now: datetime) -> Attempt:
    return Attempt(
        id=command.attempt_id,
        payment_id=payment.id,
        channel=command.channel,
        state=AttemptState.CREATED,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        code_url=None,
        code_expires_at=None,
        channel_reference=None,
        channel_code=None,
        created_at=now,
        ended_at=None,
        inquiries=0,
        next_inquiry_at=now + timedelta(seconds=CHANNEL_LEASE_SECONDS),
    )
