"""What if a channel ends an order that was paid in the same moment, and gives the money back by itself?

The answer that says so may overtake the news of the payment, come after it, or get lost, and the channel may carry out
later what it did not answer: so an order that was paid while it was being ended is looked at again, and one that was
ended and is then reported as paid is ended once more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.port import Outcome, OutcomeState, Pauses, Product, inquire_at
from tael.foundation.money import Money
from tael.payments.model import Attempt, Payment, Refund, RefundReason, RefundState, RefundWay
from tael.payments.rules.arrivals import left_to_people
from tael.payments.rules.changes import Change, Consequence
from tael.payments.rules.fees import fee_returned

LOOKS_AGAIN = (timedelta(minutes=1), timedelta(hours=1))
"""How long after its end an order is looked at again that was paid while it was being ended: after the first look."""
LATE_LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""How long after its end an attempt is looked at again to which payers can send money whenever they like."""


def voided(
    payment: Payment, attempt: Attempt, outcome: Outcome, refunds: Sequence[Refund], now: datetime
) -> Change:
    """What was not given back yet of an order that had been paid, the channel gave back by itself: as it ended the order,
    or at the wish of somebody who asked it without us.

    In all it has given back what was paid. So nothing of it can be refunded any more, refunds that are under way have
    been carried out or are part of it, and what it says later of one that had failed changes nothing.
    """
    paid_minor = _paid_minor(payment, attempt)
    whole = outcome.given_back_in_all == Money(paid_minor, attempt.currency)
    without_us = whole and _sum(refunds, heard_of=True) < paid_minor
    if attempt.voided or not (outcome.voided or without_us):
        return Change(payment=payment, attempt=attempt)
    attempt = msgspec.structs.replace(attempt, voided=True, next_inquiry_at=None)
    if payment.captured_by != attempt.id:
        return _surplus_voided(payment, attempt, outcome, refunds, now)
    amount_minor = max(0, payment.captured_minor - _sum(refunds))
    owed_minor = min(amount_minor, payment.refundable_minor)
    fee_minor = fee_returned(payment, owed_minor) if owed_minor else 0
    payment = msgspec.structs.replace(
        payment,
        refunded_minor=payment.captured_minor - payment.refunding_minor - payment.disputed_minor,
        fee_returned_minor=payment.fee_returned_minor + fee_minor,
    )
    change = Change(payment=payment, attempt=attempt)
    return _with_taken(
        change,
        outcome,
        now,
        amount_minor=amount_minor,
        unowed_minor=amount_minor - owed_minor,
        fee_returned_minor=fee_minor,
    )


def _paid_minor(payment: Payment, attempt: Attempt) -> int:
    """What was paid of an order: of money that was held, what was taken of it."""
    if payment.captured_by == attempt.id:
        return payment.captured_minor
    taken = attempt.hold.taken.minor if attempt.hold is not None else 0
    return taken or attempt.amount_minor


def _sum(refunds: Sequence[Refund], *, heard_of: bool = False) -> int:
    """What goes back, or went, the way that it came since we asked for it; or so much of it as the channel has heard of."""
    ours = (each for each in refunds if each.way is RefundWay.REFUND and each.state is not RefundState.FAILED)
    return sum(each.amount_minor for each in ours if each.asked_at is not None or not heard_of)


def _surplus_voided(
    payment: Payment, attempt: Attempt, outcome: Outcome, refunds: Sequence[Refund], now: datetime
) -> Change:
    """Whoever is still to give the surplus back finds it given back: by its news, or as the channel refuses."""
    change = Change(payment=payment, attempt=attempt)
    if attempt.movements:
        return change
    if not refunds:
        cause = f"{attempt.id}:surplus"
        return _with_taken(change, outcome, now, amount_minor=_paid_minor(payment, attempt), cause=cause)
    for lying in left_to_people(refunds):
        return _with_taken(change, outcome, now, amount_minor=lying.owed_minor, cause=lying.cause)
    return change


def _with_taken(
    change: Change,
    outcome: Outcome,
    now: datetime,
    *,
    amount_minor: int,
    cause: str | None = None,
    unowed_minor: int = 0,
    fee_returned_minor: int = 0,
) -> Change:
    """The refund that the channel made by itself, if there was anything left to give back."""
    payment, attempt = change.payment, change.attempt
    if not amount_minor:
        return change
    taken = Refund(
        id=f"rfd_{attempt.id.removeprefix('att_')}",
        payment_id=payment.id,
        attempt_id=attempt.id,
        channel=attempt.channel,
        way=RefundWay.REFUND,
        merchant_id=payment.merchant_id,
        reason=RefundReason.VOIDED,
        cause=cause,
        note="",
        state=RefundState.SUCCEEDED,
        amount_minor=amount_minor,
        currency=attempt.currency,
        fee_returned_minor=fee_returned_minor,
        unowed_minor=unowed_minor,
        channel_code=outcome.code,
        created_at=now,
        ended_at=now,
        inquiries=0,
        next_inquiry_at=None,
    )
    return msgspec.structs.replace(change, consequence=Consequence.VOIDED, taken=taken)


def looked_at(
    attempt: Attempt,
    outcome: Outcome,
    refunds: Sequence[Refund],
    *,
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
) -> Attempt:
    """What was paid is looked at until the channel says how it stands, and as often as there is reason to.

    An answer to a question from before the end says nothing of what came after it; and whether what was given back is a
    refund of ours, that refund has to show first. News of money that was held may not tell how it stands: a reason, too.
    """
    unclear = outcome.state is OutcomeState.UNKNOWN and asked_at is None and attempt.hold is not None
    if unclear and attempt.next_inquiry_at is None:
        return msgspec.structs.replace(attempt, inquiries=0, next_inquiry_at=now)
    asked_since = asked_at is not None and (attempt.ended_at is None or asked_at > attempt.ended_at)
    if attempt.next_inquiry_at is None or not asked_since:
        return attempt
    under_way = any(not each.ended and each.asked_at is not None for each in refunds)
    may_be_ours = outcome.given_back_in_all is not None and under_way
    sure = outcome.state in (OutcomeState.SUCCEEDED, OutcomeState.CLOSED) and not may_be_ours
    if not sure or attempt.doubted_at is not None:
        following: datetime | None = inquire_at(attempt.inquiries, pauses.unknown, now)
        return msgspec.structs.replace(attempt, inquiries=attempt.inquiries + 1, next_inquiry_at=following)
    following = next_look(attempt, () if attempt.product is Product.TRANSFER else LOOKS_AGAIN, now)
    return msgspec.structs.replace(attempt, inquiries=0, next_inquiry_at=following)


def looked_at_late(change: Change, now: datetime) -> Change:
    """An account or an address takes money also when nobody waits for it any more."""
    if change.attempt.ended_at is None:
        return change
    following = next_look(change.attempt, LATE_LOOKS, now)
    attempt = msgspec.structs.replace(change.attempt, inquiries=0, next_inquiry_at=following)
    return msgspec.structs.replace(change, attempt=attempt)


def next_look(attempt: Attempt, pauses: Sequence[timedelta], now: datetime) -> datetime | None:
    """When an attempt that has ended is looked at next; none if that was the last time."""
    if attempt.ended_at is None:
        return None
    looks = (attempt.ended_at + pause for pause in pauses)
    return next((look for look in looks if look > now), None)


def to_be_voided_again(attempt: Attempt, now: datetime, pauses: Pauses) -> Attempt:
    """It was paid in the moment in which it was ended, so it was given back; or the channel has lied to us once.

    It is ended once more: that gives back what was not given back yet, and says so.
    """
    return msgspec.structs.replace(
        attempt,
        doubted_at=attempt.doubted_at or now,
        inquiries=attempt.inquiries + 1,
        next_inquiry_at=inquire_at(attempt.inquiries, pauses.unknown, now),
    )


def may_be_voided(payment: Payment, attempt: Attempt, now: datetime) -> bool:
    """Whether somebody may be ending the order in a way that gives back what was paid, and be cut short."""
    closing = payment.closing_as is not None or attempt.abandoned or now >= payment.expires_at
    return closing and not attempt.product.payer_acts_last
