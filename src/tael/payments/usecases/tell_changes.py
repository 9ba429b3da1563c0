"""Which facts follow from a change?"""

from datetime import datetime

from tael.foundation.events import Event
from tael.payments.events import (
    AttemptEnded,
    AuthorisationEnding,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentEnded,
    PaymentPartiallyCaptured,
    PaymentRequiresAction,
    PaymentReversed,
    RefundSucceeded,
    SurplusReceived,
)
from tael.payments.model import Refund
from tael.payments.rules import Change, Consequence
from tael.payments.usecases.book_changes import cause_of_surplus


def facts_of(change: Change, now: datetime) -> list[Event]:
    """What a change makes known."""
    payment, attempt = change.payment, change.attempt
    facts = _facts_of_a_hold(change, now)
    if change.consequence is Consequence.ACTION_NEEDED:
        facts.append(
            PaymentRequiresAction(
                object_id=payment.id,
                happened_at=now,
                merchant_id=payment.merchant_id,
                attempt_id=attempt.id,
            )
        )
    if change.consequence is Consequence.ENDED:
        facts.append(
            PaymentEnded(
                object_id=payment.id, happened_at=now, merchant_id=payment.merchant_id, state=payment.state
            )
        )
    if change.consequence is Consequence.CAPTURED:
        facts.append(
            PaymentCaptured(
                object_id=payment.id,
                happened_at=now,
                merchant_id=payment.merchant_id,
                attempt_id=attempt.id,
                amount_minor=payment.captured_minor,
                fee_minor=payment.fee_minor,
                currency=payment.currency,
            )
        )
    if change.surplus_reason is not None:
        facts.append(
            SurplusReceived(
                object_id=payment.id,
                happened_at=now,
                merchant_id=payment.merchant_id,
                attempt_id=attempt.id,
                amount_minor=change.surplus_minor,
                currency=attempt.currency,
                reason=change.surplus_reason,
                cause=cause_of_surplus(change),
            )
        )
    return facts + _facts_of_money_gone(change, now)


def attempt_ended(change: Change, now: datetime) -> AttemptEnded:
    """The fact that an attempt ended unpaid after it had been waited for."""
    return AttemptEnded(
        object_id=change.payment.id,
        happened_at=now,
        merchant_id=change.payment.merchant_id,
        attempt_id=change.attempt.id,
    )


def _facts_of_a_hold(change: Change, now: datetime) -> list[Event]:
    payment, attempt, step = change.payment, change.attempt, change.step
    until = payment.capture_before or now
    match change.consequence:
        case Consequence.AUTHORISED | Consequence.INCREMENTED:
            return [
                PaymentAuthorised(
                    object_id=payment.id,
                    happened_at=now,
                    merchant_id=payment.merchant_id,
                    attempt_id=attempt.id,
                    authorised_minor=payment.authorised_minor,
                    currency=payment.currency,
                    capture_before=until,
                )
            ]
        case Consequence.HOLD_ENDS_SOON:
            return [
                AuthorisationEnding(
                    object_id=payment.id,
                    happened_at=now,
                    merchant_id=payment.merchant_id,
                    authorised_minor=payment.authorised_minor,
                    captured_minor=payment.captured_minor,
                    currency=payment.currency,
                    capture_before=until,
                )
            ]
        case Consequence.PART_CAPTURED if step is not None:
            return [
                PaymentPartiallyCaptured(
                    object_id=payment.id,
                    happened_at=now,
                    merchant_id=payment.merchant_id,
                    attempt_id=attempt.id,
                    capture_id=step.id,
                    amount_minor=step.amount_minor,
                    captured_minor=payment.captured_minor,
                    currency=payment.currency,
                )
            ]
    return []


def _facts_of_money_gone(change: Change, now: datetime) -> list[Event]:
    if change.consequence is Consequence.TAKEN_BACK:
        return [
            PaymentReversed(
                object_id=change.payment.id,
                happened_at=now,
                merchant_id=change.payment.merchant_id,
                attempt_id=change.attempt.id,
                amount_minor=change.surplus_gone_minor + change.lost_minor,
                lost_minor=change.lost_minor,
                currency=change.attempt.currency,
            )
        ]
    return [refund_succeeded(change.taken, now)] if change.taken is not None else []


def refund_succeeded(refund: Refund, now: datetime) -> RefundSucceeded:
    """The fact that money has gone back to the payer."""
    return RefundSucceeded(
        object_id=refund.payment_id,
        happened_at=now,
        merchant_id=refund.merchant_id,
        refund_id=refund.id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
    )
