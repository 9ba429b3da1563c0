"""What may not be done with a payment? Each answer is the refusal to give, or `None`."""

from collections.abc import Sequence
from datetime import datetime

from tael.channels.port import Capabilities, Hold, Operation, Product
from tael.foundation.errors import Refusal
from tael.foundation.money import Money, exponent_of
from tael.payments.errors import (
    AlreadyAuthorised,
    AlreadyCaptured,
    CaptureExceedsAuthorised,
    ChannelNotSuited,
    HoldNotSuited,
    NotAuthorised,
    NotCaptured,
    PaymentClosing,
    PaymentEnded,
    PaymentMalformed,
    RefundExceedsCaptured,
    RefundNotSuited,
    StepUndecided,
)
from tael.payments.model import Attempt, HoldStep, Payment, PaymentState, Refund, RefundState

LARGEST_AMOUNT_MINOR = 10**14
"""The largest payment: a trillion yuan is a typing error, and sums of many stay within 63 bits."""
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 86_400


def why_not_payable(amount_minor: int, currency: str, exponent: int | None, seconds: int) -> Refusal | None:
    """The refusal of a new payment's particulars, or `None`."""
    decimals = exponent_of(currency)
    if not 1 <= amount_minor <= LARGEST_AMOUNT_MINOR:
        return PaymentMalformed(
            f"An amount is between 1 and {LARGEST_AMOUNT_MINOR} minor units.", field="amount_minor"
        )
    if exponent is not None and exponent != decimals:
        return PaymentMalformed(
            f"{currency} has {decimals} decimals, not {exponent}.",
            field="exponent",
            hint=f"{amount_minor} minor units are {Money(amount_minor, currency)}.",
        )
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        return PaymentMalformed(
            f"A payment can be paid for {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds.",
            field="expires_in_seconds",
        )
    return None


def why_not_startable(payment: Payment, now: datetime) -> Refusal | None:
    """The refusal of a new attempt, or `None`."""
    if payment.ended:
        return PaymentEnded(f"The payment has ended: it is {payment.state}.", state=payment.state)
    if payment.state is PaymentState.AUTHORISED:
        return AlreadyAuthorised("The payer's money is held.", hint="Capture it, or close the payment.")
    if payment.closing_as is not None:
        return PaymentClosing("The payment is being closed.", hint="Make a new payment.")
    if now >= payment.expires_at:
        return PaymentEnded(
            "The time to pay is over.", state=PaymentState.EXPIRED, hint="Make a new payment."
        )
    return None


def why_not_offered(
    payment: Payment, channel: str, can: Capabilities, product: Product
) -> ChannelNotSuited | None:
    """The refusal of a channel that does not take the payment's currency or amount in this scene, or `None`."""
    if product not in can.products:
        return ChannelNotSuited(
            f"{channel} offers {', '.join(sorted(can.products))}, not {product}.", field="product"
        )
    takes = can.amounts.get(payment.currency)
    if takes is None:
        return ChannelNotSuited(
            f"{channel} takes {', '.join(sorted(can.currencies))}, not {payment.currency}.", field="channel"
        )
    if not takes.smallest_minor <= payment.amount_minor <= takes.largest_minor:
        least, most = (
            Money(minor, payment.currency) for minor in (takes.smallest_minor, takes.largest_minor)
        )
        return ChannelNotSuited(f"{channel} takes from {least} to {most} at a time.", field="channel")
    return None


def why_not_held_by(
    payment: Payment, channel: str, can: Capabilities, product: Product
) -> ChannelNotSuited | None:
    """The refusal of a channel that cannot hold the money of a payment that is captured later, or `None`."""
    holds = product in can.capture_later and Operation.CAPTURE in can.operations
    if not payment.manual or holds:
        return None
    return ChannelNotSuited(f"{channel} cannot hold money to be captured later.", field="channel")


def why_not_steppable(payment: Payment, steps: Sequence[HoldStep], now: datetime) -> Refusal | None:
    """The refusal of a capture or an increment, whatever it is over, or `None`."""
    if payment.state is not PaymentState.AUTHORISED:
        return NotAuthorised(f"The payment is {payment.state}: no money is held.", state=payment.state)
    if payment.closing_as is not None:
        return PaymentClosing("What is held is being released.")
    if now >= payment.over_at:
        return NotAuthorised("The time to capture is over.", hint="Make a new payment.")
    if any(not step.ended for step in steps):
        return StepUndecided(
            "A capture or an increment of this payment has not come to its end.",
            hint="Wait until the channel has said what became of it; it is being asked.",
        )
    return None


def why_not_capturable(
    payment: Payment, hold: Hold | None, can: Capabilities, *, amount_minor: int, tip_minor: int, final: bool
) -> Refusal | None:
    """The refusal of a capture over so much, or `None`."""
    at_most = hold.at_most if hold is not None else None
    limit = payment.capturable_minor
    if at_most is not None and final and not payment.captured_minor:
        limit = max(limit, at_most.minor)
    if not 1 <= amount_minor <= limit:
        return CaptureExceedsAuthorised(
            f"At most {Money(limit, payment.currency)} can be captured now.",
            field="amount_minor",
            hint="Add to what is held first, if the channel can." if limit else "All of it was captured.",
            capturable_minor=limit,
            currency=payment.currency,
        )
    if tip_minor > amount_minor:
        return PaymentMalformed("The tip is a part of what is captured.", field="tip_minor")
    if final and amount_minor < payment.capturable_minor and not can.partial_captures:
        return HoldNotSuited("The channel takes all that is held, or nothing.", field="amount_minor")
    if not final and (hold is None or not hold.in_parts):
        return HoldNotSuited(
            "Only one capture can be made of this: the channel releases what it leaves.", field="final"
        )
    if not final and amount_minor >= payment.capturable_minor:
        return HoldNotSuited("A capture of all that is left is the last one.", field="final")
    return None


def why_not_addable(
    payment: Payment, hold: Hold | None, can: Capabilities, amount_minor: int
) -> Refusal | None:
    """The refusal to hold so much more, or `None`."""
    if Operation.INCREMENT not in can.operations or hold is None or not hold.may_grow:
        return HoldNotSuited("The channel cannot hold more than it does.", hint="Make a second payment.")
    takes = can.amounts.get(payment.currency)
    most = min(LARGEST_AMOUNT_MINOR, takes.largest_minor) if takes is not None else LARGEST_AMOUNT_MINOR
    if payment.authorised_minor + amount_minor > most:
        return PaymentMalformed(f"At most {Money(most, payment.currency)} can be held.", field="amount_minor")
    return None


def why_not_refundable_by(
    payment: Payment,
    paid: Attempt,
    can: Capabilities,
    refunds: Sequence[Refund],
    *,
    amount_minor: int,
    now: datetime,
) -> RefundNotSuited | None:
    """The refusal of a refund that the channel over which it was paid would refuse, or `None`."""
    days = (now - (payment.ended_at or payment.created_at)).days
    if days >= can.refund_window_days:
        return RefundNotSuited(
            f"This was paid {days} days ago; refunds are possible for {can.refund_window_days} days.",
            refund_window_days=can.refund_window_days,
        )
    if not can.partial_refunds and amount_minor != payment.captured_minor:
        return RefundNotSuited(
            "Only the whole payment can be refunded in this way.",
            field="amount_minor",
            hint="Refund all of it.",
        )
    made = sum(each.attempt_id == paid.id and each.state is not RefundState.FAILED for each in refunds)
    if made >= can.refunds_per_order:
        return RefundNotSuited(
            f"A payment over this method can be refunded {can.refunds_per_order} times, no more.",
            refunds_per_order=can.refunds_per_order,
        )
    return None


def why_not_closable(payment: Payment, steps: Sequence[HoldStep] = ()) -> Refusal | None:
    """The refusal to close, or `None`; closing what is closed already is no harm.

    What is held is released: all of it, or what captures have left.
    """
    if any(not step.ended for step in steps):
        return StepUndecided("A capture or an increment has not come to its end.", hint="Wait for it.")
    if payment.state is PaymentState.CAPTURED:
        return AlreadyCaptured("The payment is paid.", hint="Refund it instead.")
    return None


def why_not_refundable(payment: Payment, amount_minor: int) -> Refusal | None:
    """The refusal of a refund, or `None`."""
    if payment.state is not PaymentState.CAPTURED:
        return NotCaptured(
            f"The payment is {payment.state}: "
            + ("more may be captured." if payment.captured_minor else "nothing was captured."),
            hint="Make the last capture, or close the payment." if payment.captured_minor else None,
        )
    if amount_minor > payment.refundable_minor or amount_minor < 1:
        left = Money(payment.refundable_minor, payment.currency)
        return RefundExceedsCaptured(
            f"{left} can still be refunded.",
            field="amount_minor",
            hint=f"Ask for at most {payment.refundable_minor}."
            if left.minor
            else "Everything is refunded already.",
            refundable_minor=payment.refundable_minor,
            currency=payment.currency,
        )
    return None
