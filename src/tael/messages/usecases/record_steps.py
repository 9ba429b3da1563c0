"""What follows from a try? The delivery ended or waits, a code that is on its way is forgotten, a browser that is no more, too.

Many tries in one transaction. Recorded twice, after a COMMIT in doubt, they count once.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.messages.model import Attempt, Urgency
from tael.messages.rules.retries import Step
from tael.messages.store import deliveries, messages, people
from tael.messages.store.deliveries import Parcel, StepEnd


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One try, as it ended."""

    parcel: Parcel
    started_at: datetime
    milliseconds: int
    asked: bool
    step: Step
    gone: bool = False
    """Whether the address is no more."""


async def record_steps(tx: Transaction, tries: Sequence[Try], *, now: datetime) -> list[None]:
    """Write down how tries went."""
    await deliveries.record_steps(
        tx, [_attempt(each) for each in tries], [_end(each) for each in tries], now=now
    )
    codes = sorted({each.parcel.message_id for each in tries if each.parcel.urgency is Urgency.CODE})
    if codes:
        await messages.forget_secrets(tx, codes)
    gone = sorted(
        {each.parcel.subscription_id for each in tries if each.gone and each.parcel.subscription_id}
    )
    if gone:
        await people.forget_subscriptions(tx, gone)
    return [None] * len(tries)


def _attempt(each: Try) -> Attempt:
    return Attempt(
        delivery_id=each.parcel.id,
        number=each.parcel.begun,
        started_at=each.started_at,
        milliseconds=each.milliseconds,
        asked=each.asked,
        outcome=each.step.state,
        error=each.step.error,
    )


def _end(each: Try) -> StepEnd:
    return StepEnd(
        seq=each.parcel.seq,
        begun=each.parcel.begun,
        state=each.step.state,
        next_attempt_at=each.step.next_at,
        error=each.step.error,
    )
