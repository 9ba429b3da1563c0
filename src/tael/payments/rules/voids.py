"""What if a channel ends an order that was paid in the same moment, and gives the money back by itself?

The answer that says so may overtake the news of the payment, come after it, or get lost: so an order that was paid while
it was being ended is looked at once more, and one that was ended and is then reported as paid is ended once more.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.channels.port import Outcome, OutcomeState, Product
from tael.foundation.money import Money
from tael.payments.model import Attempt, Payment, Refund, RefundReason, RefundState, RefundWay
from tael.payments.rules.asking import Pauses, inquire_at
from tael.payments.rules.changes import Change, Consequence
from tael.payments.rules.fees import fee_returned


def voided(
    payment: Payment, attempt: Attempt, outcome: Outcome, refunds: Sequence[Refund], now: datetime
) -> Change:
    """What was not given back yet of an order that had been paid, the channel gave back by itself: as it ended the order,
    or at the wish of somebody who asked it without us.
    """
    asked_for = Money(attempt.amount_minor, attempt.currency)
    without_us = outcome.given_back_in_all == asked_for and not refunds
    if attempt.voided or not (outcome.voided or without_us):
        return Change(payment=payment, attempt=attempt)
    attempt = msgspec.structs.replace(attempt, voided=True)
    if payment.captured_by == attempt.id:
        cause, amount_minor, fee_minor = None, payment.refundable_minor, 0
        if amount_minor:
            fee_minor = fee_returned(payment, amount_minor)
        payment = msgspec.structs.replace(
            payment,
            refunded_minor=payment.refunded_minor + amount_minor,
            fee_returned_minor=payment.fee_returned_minor + fee_minor,
        )
    else:
        cause, amount_minor, fee_minor = f"{attempt.id}:surplus", attempt.amount_minor, 0
        if attempt.movements or refunds:
            amount_minor = 0
    if not amount_minor:
        return Change(payment=payment, attempt=attempt)
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
        fee_returned_minor=fee_minor,
        channel_code=outcome.code,
        created_at=now,
        ended_at=now,
        inquiries=0,
        next_inquiry_at=None,
    )
    return Change(payment=payment, attempt=attempt, consequence=Consequence.VOIDED, taken=taken)


def looked_at(
    attempt: Attempt, outcome: Outcome, *, asked_at: datetime | None, now: datetime, pauses: Pauses
) -> Attempt:
    """What was paid while it was being ended is looked at until the channel says how it stands."""
    if attempt.next_inquiry_at is None or asked_at is None or attempt.product is Product.TRANSFER:
        return attempt
    sure = outcome.state in (OutcomeState.SUCCEEDED, OutcomeState.CLOSED)
    return msgspec.structs.replace(
        attempt,
        inquiries=attempt.inquiries + 1,
        next_inquiry_at=None if sure else inquire_at(attempt.inquiries, pauses.unknown, now),
    )


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
