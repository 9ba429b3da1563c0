"""What is the platform's fee, and what of it goes back with a refund? No input, no output, no clock."""

from collections.abc import Callable, Mapping

from tael.foundation.money import Money, basis_points_of
from tael.merchants.model import FeeTerms
from tael.payments.model import Attempt, Payment

FeeOf = Callable[[Payment, Attempt, int], int]
"""What the platform takes of so much of a payment, in minor units."""


def fee_by_basis_points(payment: Payment, _: Attempt, amount_minor: int) -> int:
    """The fee of payments that keep no terms, rounded half up."""
    return basis_points_of(amount_minor, payment.fee_basis_points)


def fee_of(payment: Payment, attempt: Attempt, amount_minor: int, terms: Mapping[str, FeeTerms]) -> int:
    """The platform's fee on so much of a payment, by the terms of when it was made; never more than all of it.

    Payments from before terms were kept have basis points.
    """
    if payment.fee_terms_id is None:
        return fee_by_basis_points(payment, attempt, amount_minor)
    fee = terms[payment.fee_terms_id].fee_of(Money(amount_minor, payment.currency), attempt.method)
    return min(fee.minor, amount_minor)


def fee_returned(payment: Payment, amount_minor: int) -> int:
    """The part of the fee that goes back with a refund of `amount_minor`.

    In proportion, rounded half up, and such that the parts of many refunds add up: what has been returned after
    each refund is the share of all that was refunded by then, also when a refund in between has failed.
    """
    refunded = payment.refunded_minor + payment.refunding_minor + amount_minor
    share = (2 * payment.fee_minor * refunded + payment.captured_minor) // (2 * payment.captured_minor)
    return max(0, share - payment.fee_returned_minor)
