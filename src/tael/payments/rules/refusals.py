"""What may not be done with a payment? Each answer is the refusal to give, or `None`."""

from datetime import datetime

from tael.channels.port import Capabilities, Product
from tael.foundation.errors import Refusal
from tael.foundation.money import Money, exponent_of
from tael.payments.errors import (
    AlreadyCaptured,
    ChannelNotSuited,
    NotCaptured,
    PaymentClosing,
    PaymentEnded,
    PaymentMalformed,
    RefundExceedsCaptured,
)
from tael.payments.model import Payment, PaymentState

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


def why_not_closable(payment: Payment) -> Refusal | None:
    """The refusal to close, or `None`; closing what is closed already is no harm."""
    if payment.state is PaymentState.CAPTURED:
        return AlreadyCaptured("The payment is paid.", hint="Refund it instead.")
    return None


def why_not_refundable(payment: Payment, amount_minor: int) -> Refusal | None:
    """The refusal of a refund, or `None`."""
    if payment.state is not PaymentState.CAPTURED:
        return NotCaptured(f"The payment is {payment.state}: nothing was captured.")
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
