"""What is the platform's fee, and what of it goes back with a refund? No input, no output, no clock."""

from tael.foundation.money import Money, basis_points_of
from tael.payments.model import Payment


def fee_of(payment: Payment) -> Money:
    """The platform's fee on the whole amount, rounded half up."""
    return Money(basis_points_of(payment.amount_minor, payment.fee_basis_points), payment.currency)


def fee_returned(payment: Payment, amount_minor: int) -> int:
    """The part of the fee that goes back with a refund of `amount_minor`.

    In proportion, rounded half up, and such that the parts of many refunds add up: what has been returned after
    each refund is the share of all that was refunded by then, also when a refund in between has failed.
    """
    refunded = payment.refunded_minor + payment.refunding_minor + amount_minor
    share = (2 * payment.fee_minor * refunded + payment.captured_minor) // (2 * payment.captured_minor)
    return max(0, share - payment.fee_returned_minor)
