"""What does an outcome do to a payment? No input, no output, no clock.

| the channel says | the attempt becomes | the payment |
|---|---|---|
| waiting   | waiting              | requires action |
| succeeded | succeeded            | captured; if it had ended: it stays, and the money is a surplus to give back |
| failed    | failed; if something is out already with which a payer can pay: inquired again | is open for another attempt, or ends as it was being closed |
| closed    | closed               | the same |
| absent    | stays, inquired again; closed if we were closing, and looked at once more | stays, or ends as it was being closed |
| unknown   | unknown, inquired again | stays |

Where payers choose the amount themselves (they send money to an account, or tokens to an address), what has arrived in all
is measured by what was asked for: less is waiting, enough has succeeded, the rest is a surplus; and when the attempt ends
unpaid, all of it is.

A payment may have several attempts over several channels. As long as one of them is live, the others' ends do not end it.
Money that moved is never forgotten: a success counts whatever we believed before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from tael.channels.port import Outcome, OutcomeState, Product
from tael.foundation.money import Money, basis_points_of
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import Attempt, AttemptState, Payment, PaymentState, RefundReason
from tael.payments.rules.asking import Pauses, inquire_at

LAST_LOOK_SECONDS = 60
"""How long after the time to pay a code that was closed unscanned is looked at once more: a payer may have scanned
it meanwhile, and every notice of it may have been lost."""
LATE_LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""How long after its end an attempt is looked at again to which payers can send money whenever they like."""


class Consequence(StrEnum):
    """What has to be booked and told."""

    CAPTURED = "captured"
    SURPLUS = "surplus"
    ENDED = "ended"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and its attempt after an outcome, and what follows from it."""

    payment: Payment
    attempt: Attempt
    consequence: Consequence | None = None
    arrived_minor: int = 0
    """What has newly arrived, where payers choose the amount themselves."""
    surplus_minor: int = 0
    """What has to go back to the payer."""
    surplus_reason: RefundReason | None = None


def apply_outcome(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    *,
    siblings: Sequence[Attempt] = (),
    now: datetime,
    pauses: Pauses,
    action_seconds: int,
) -> Change | OutcomeMismatch:
    """What an outcome makes of a payment and its attempt: the table at the top of this file.

    siblings        the payment's other attempts
    action_seconds  how long the payer can use what a channel's answer holds
    """
    mismatch = why_mismatched(outcome, attempt.amount_minor, attempt.currency)
    if mismatch is not None:
        return mismatch
    if outcome.received is not None:
        change = _apply_arrival(
            payment, attempt, outcome, siblings, now=now, pauses=pauses, action_seconds=action_seconds
        )
    else:
        change = _apply(
            payment, attempt, outcome, siblings, now=now, pauses=pauses, action_seconds=action_seconds
        )
    if attempt.live and not change.attempt.live and change.attempt.state is not AttemptState.SUCCEEDED:
        change = _giving_back(change)
    if change.attempt.product is Product.TRANSFER and outcome.state is not OutcomeState.UNKNOWN:
        return _looking_late(change, now)
    return change


def _looking_late(change: Change, now: datetime) -> Change:
    """An account or an address takes money also when nobody waits for it any more."""
    ended_at = change.attempt.ended_at
    if ended_at is None:
        return change
    looks = (ended_at + pause for pause in LATE_LOOKS)
    following = msgspec.structs.replace(
        change.attempt, next_inquiry_at=next((look for look in looks if look > now), None)
    )
    return msgspec.structs.replace(change, attempt=following)


def _apply_arrival(
    payment: Payment, attempt: Attempt, outcome: Outcome, siblings: Sequence[Attempt], **how: Any
) -> Change:
    """What has arrived in all, measured by what was asked for."""
    total = max(attempt.received_minor, outcome.received.minor if outcome.received else 0)
    arrived = total - attempt.received_minor
    attempt = msgspec.structs.replace(attempt, received_minor=total)
    if not attempt.live:
        return _arrived_after_the_end(payment, attempt, arrived)
    if total >= attempt.amount_minor:
        asked = Money(attempt.amount_minor, attempt.currency)
        outcome = msgspec.structs.replace(outcome, state=OutcomeState.SUCCEEDED, amount=asked)
    elif outcome.state is OutcomeState.SUCCEEDED:
        outcome = msgspec.structs.replace(outcome, state=OutcomeState.WAITING, amount=None)
    change = _apply(payment, attempt, outcome, siblings, **how)
    change = msgspec.structs.replace(change, arrived_minor=arrived)
    if change.consequence is Consequence.CAPTURED and total > attempt.amount_minor:
        too_much = total - attempt.amount_minor
        return msgspec.structs.replace(change, surplus_minor=too_much, surplus_reason=RefundReason.OVERPAID)
    if change.consequence is Consequence.SURPLUS:
        return msgspec.structs.replace(change, surplus_minor=total)
    return change


def _arrived_after_the_end(payment: Payment, attempt: Attempt, arrived: int) -> Change:
    """Whatever comes to an attempt that has ended goes back."""
    if not arrived:
        return Change(payment=payment, attempt=attempt)
    if payment.captured_by == attempt.id:
        reason = RefundReason.OVERPAID
    elif payment.state is PaymentState.CAPTURED:
        reason = RefundReason.SECOND_SUCCESS
    else:
        reason = RefundReason.LATE_SUCCESS
    return Change(
        payment=payment,
        attempt=attempt,
        consequence=Consequence.SURPLUS,
        arrived_minor=arrived,
        surplus_minor=arrived,
        surplus_reason=reason,
    )


def _giving_back(change: Change) -> Change:
    """An attempt ended unpaid: what had arrived for it was not enough, and goes back."""
    if not change.attempt.received_minor:
        return change
    return msgspec.structs.replace(
        change,
        consequence=change.consequence or Consequence.SURPLUS,
        surplus_minor=change.attempt.received_minor,
        surplus_reason=RefundReason.UNDERPAID,
    )


def _apply(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    siblings: Sequence[Attempt],
    *,
    now: datetime,
    pauses: Pauses,
    action_seconds: int,
) -> Change:
    if attempt.state is AttemptState.SUCCEEDED:
        return Change(payment=payment, attempt=attempt)
    attempt = msgspec.structs.replace(
        attempt,
        channel_reference=outcome.channel_reference or attempt.channel_reference,
        channel_code=outcome.code or attempt.channel_code,
        error_class=outcome.error_class,
    )
    others_live = any(other.live for other in siblings if other.id != attempt.id)
    if outcome.state is OutcomeState.SUCCEEDED:
        return _succeeded(payment, attempt, now)
    if not attempt.live:
        return Change(payment=payment, attempt=_after_the_end(payment, attempt, outcome, now, pauses))
    closing = payment.ended or payment.closing_as is not None or attempt.abandoned
    if outcome.state is OutcomeState.FAILED and attempt.action is None:
        return _ended_unpaid(payment, attempt, AttemptState.FAILED, now, others_live=others_live)
    if outcome.state is OutcomeState.CLOSED:
        return _ended_unpaid(payment, attempt, AttemptState.CLOSED, now, others_live=others_live)
    if outcome.state is OutcomeState.ABSENT and closing:
        last_look_at = max(now, payment.expires_at) + timedelta(seconds=LAST_LOOK_SECONDS)
        return _ended_unpaid(
            payment, attempt, AttemptState.CLOSED, now, others_live=others_live, look_again_at=last_look_at
        )
    if outcome.state is OutcomeState.WAITING and payment.closing_as is None and not attempt.abandoned:
        return _waiting(payment, attempt, outcome, now=now, pauses=pauses, action_seconds=action_seconds)
    return _nothing_learnt(payment, attempt, outcome, now, pauses)


def _succeeded(payment: Payment, attempt: Attempt, now: datetime) -> Change:
    attempt = msgspec.structs.replace(
        attempt, state=AttemptState.SUCCEEDED, ended_at=now, next_inquiry_at=None, inquiries=0
    )
    if payment.ended:
        paid = payment.state is PaymentState.CAPTURED
        reason = RefundReason.SECOND_SUCCESS if paid else RefundReason.LATE_SUCCESS
        return Change(
            payment=payment,
            attempt=attempt,
            consequence=Consequence.SURPLUS,
            surplus_minor=attempt.amount_minor,
            surplus_reason=reason,
        )
    payment = msgspec.structs.replace(
        payment,
        state=PaymentState.CAPTURED,
        closing_as=None,
        captured_by=attempt.id,
        captured_minor=payment.amount_minor,
        fee_minor=fee_of(payment).minor,
        ended_at=now,
    )
    return Change(payment=payment, attempt=attempt, consequence=Consequence.CAPTURED)


def _ended_unpaid(
    payment: Payment,
    attempt: Attempt,
    state: AttemptState,
    now: datetime,
    *,
    others_live: bool,
    look_again_at: datetime | None = None,
) -> Change:
    attempt = msgspec.structs.replace(
        attempt, state=state, ended_at=now, next_inquiry_at=look_again_at, inquiries=0
    )
    if payment.ended or others_live:
        return Change(payment=payment, attempt=attempt)
    if payment.closing_as is None and now < payment.expires_at:
        return Change(payment=msgspec.structs.replace(payment, state=PaymentState.CREATED), attempt=attempt)
    end = payment.closing_as or PaymentState.EXPIRED
    return Change(
        payment=msgspec.structs.replace(payment, state=end, closing_as=None, ended_at=now),
        attempt=attempt,
        consequence=Consequence.ENDED,
    )


def _after_the_end(
    payment: Payment, attempt: Attempt, outcome: Outcome, now: datetime, pauses: Pauses
) -> Attempt:
    """A closed attempt whose code could still be scanned waits for its last look, and for a definite answer then."""
    unsure = outcome.state in (OutcomeState.UNKNOWN, OutcomeState.WAITING)
    last_look_at = payment.expires_at + timedelta(seconds=LAST_LOOK_SECONDS)
    if attempt.next_inquiry_at is None:
        return attempt
    if now < last_look_at and outcome.state is not OutcomeState.CLOSED:
        return msgspec.structs.replace(attempt, next_inquiry_at=last_look_at)
    if not unsure:
        return msgspec.structs.replace(attempt, next_inquiry_at=None)
    return msgspec.structs.replace(
        attempt,
        inquiries=attempt.inquiries + 1,
        next_inquiry_at=inquire_at(attempt.inquiries, pauses.unknown, now),
    )


def _waiting(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    *,
    now: datetime,
    pauses: Pauses,
    action_seconds: int,
) -> Change:
    newly = attempt.state is not AttemptState.WAITING
    inquiries = 0 if newly or outcome.action else attempt.inquiries + 1
    attempt = msgspec.structs.replace(
        attempt,
        state=AttemptState.WAITING,
        action=outcome.action or attempt.action,
        action_expires_at=now + timedelta(seconds=action_seconds)
        if outcome.action
        else attempt.action_expires_at,
        inquiries=inquiries,
        next_inquiry_at=inquire_at(inquiries, pauses.waiting, now, not_after=payment.expires_at),
    )
    if not payment.ended:
        payment = msgspec.structs.replace(payment, state=PaymentState.REQUIRES_ACTION)
    return Change(payment=payment, attempt=attempt)


def _nothing_learnt(
    payment: Payment, attempt: Attempt, outcome: Outcome, now: datetime, pauses: Pauses
) -> Change:
    """Absent (a code that nobody scanned is not yet known to some channels), unknown, or not closed yet: ask again."""
    waiting = attempt.state is AttemptState.WAITING and payment.closing_as is None
    patient = waiting and outcome.state is OutcomeState.ABSENT
    attempt = msgspec.structs.replace(
        attempt,
        state=AttemptState.WAITING if waiting else AttemptState.UNKNOWN,
        inquiries=attempt.inquiries + 1,
        next_inquiry_at=inquire_at(
            attempt.inquiries,
            pauses.waiting if patient else pauses.unknown,
            now,
            not_after=payment.expires_at,
        ),
    )
    return Change(payment=payment, attempt=attempt)


def fee_of(payment: Payment) -> Money:
    """The platform's fee on the whole amount, rounded half up."""
    return Money(basis_points_of(payment.amount_minor, payment.fee_basis_points), payment.currency)


def why_mismatched(outcome: Outcome, amount_minor: int, currency: str) -> OutcomeMismatch | None:
    """The refusal of an outcome that speaks of another amount than ours, or of a payment without one; or `None`.

    Notices of refunds name no amount of the one refund: its number is what they are believed by.
    """
    ours = Money(amount_minor, currency)
    if outcome.received is not None and outcome.received.currency != currency:
        return OutcomeMismatch(f"{outcome.received} arrived, the order is over {ours}.", field="received")
    silent_success = (
        outcome.state is OutcomeState.SUCCEEDED
        and outcome.amount is None
        and outcome.received is None
        and outcome.refund_number is None
    )
    if silent_success:
        return OutcomeMismatch(
            f"The channel says paid, but not how much; the order is over {ours}.", field="amount"
        )
    if outcome.amount is None or outcome.amount == ours:
        return None
    return OutcomeMismatch(
        f"The channel speaks of {outcome.amount}, the order is over {ours}.", field="amount"
    )
