"""What does an outcome do to a refund, and what of the fee goes back with it? No input, no output, no clock."""

from datetime import datetime

import msgspec

from tael.channels.port import Outcome, OutcomeState
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import Payment, Refund, RefundReason, RefundState
from tael.payments.rules.asking import Pauses, inquire_at
from tael.payments.rules.outcomes import why_mismatched


def fee_returned(payment: Payment, amount_minor: int) -> int:
    """The part of the fee that goes back with a refund of `amount_minor`.

    In proportion, rounded half up, and such that the parts of many refunds add up: what has been returned after
    each refund is the share of all that was refunded by then, also when a refund in between has failed.
    """
    refunded = payment.refunded_minor + payment.refunding_minor + amount_minor
    share = (2 * payment.fee_minor * refunded + payment.captured_minor) // (2 * payment.captured_minor)
    return max(0, share - payment.fee_returned_minor)


def apply_refund_outcome(
    payment: Payment, refund: Refund, outcome: Outcome, *, now: datetime, pauses: Pauses
) -> tuple[Payment, Refund] | OutcomeMismatch:
    """What an outcome makes of a refund. A refund that ended stays as it is.

    Only a definite failure ends it as failed. An absent refund was never heard of by the channel: it is asked
    for again, under the same number, which gives the money back at most once.
    """
    mismatch = why_mismatched(outcome, refund.amount_minor, refund.currency)
    if mismatch is not None:
        return mismatch
    if refund.ended:
        return payment, refund
    if outcome.state in (OutcomeState.SUCCEEDED, OutcomeState.FAILED):
        succeeded = outcome.state is OutcomeState.SUCCEEDED
        state = RefundState.SUCCEEDED if succeeded else RefundState.FAILED
        ended = msgspec.structs.replace(
            refund, state=state, ended_at=now, next_inquiry_at=None, channel_code=outcome.code
        )
        return _settle(payment, refund, succeeded=succeeded), ended
    absent = outcome.state is OutcomeState.ABSENT
    unsettled = msgspec.structs.replace(
        refund,
        state=RefundState.PROCESSING if absent else RefundState.UNKNOWN,
        inquiries=refund.inquiries + 1,
        next_inquiry_at=inquire_at(refund.inquiries, pauses.unknown, now),
        channel_code=outcome.code or refund.channel_code,
    )
    return payment, unsettled


def _settle(payment: Payment, refund: Refund, *, succeeded: bool) -> Payment:
    """Money of a surplus was never captured, so it does not touch the payment's sums."""
    if refund.reason is not RefundReason.MERCHANT:
        return payment
    return msgspec.structs.replace(
        payment,
        refunding_minor=payment.refunding_minor - refund.amount_minor,
        refunded_minor=payment.refunded_minor + (refund.amount_minor if succeeded else 0),
        fee_returned_minor=payment.fee_returned_minor - (0 if succeeded else refund.fee_returned_minor),
    )
