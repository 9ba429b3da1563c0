"""What does an outcome do to a payment? No input, no output, no clock.

| the channel says | the attempt becomes | the payment |
|---|---|---|
| waiting   | waiting              | requires action |
| succeeded | succeeded            | captured; if it had ended: it stays, and the money is a surplus to give back |
| failed    | failed; if something is out already with which a payer can pay: inquired again | is open for another attempt, or ends as it was being closed |
| closed    | closed               | the same |
| closed, and what was paid is given back; or all of it was given back, and not by us | closed; if it had succeeded: it stays, and is voided | the same; if it was captured: it stays, refunded by the channel itself |
| absent    | stays, inquired again; closed if we were closing, and looked at once more | stays, or ends as it was being closed |
| unknown   | unknown, inquired again | stays |

Where payers choose the amount themselves (they send money to an account, or tokens to an address), what has arrived in all
is measured by what was asked for: less is waiting, enough has succeeded, the rest is a surplus; and when the attempt ends
unpaid, all of it is.

An outcome that contradicts what a channel said for good is believed when the channel says it again on being asked after
that: less has arrived than before (`arrivals`), or a payment is reported of an order that was ended and given back.

A payment may have several attempts over several channels. As long as one of them is live, the others' ends do not end it.
Money that moved is never forgotten: a success counts whatever we believed before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.port import Outcome, OutcomeState, Product
from tael.foundation.money import Money
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import (
    Attempt,
    AttemptState,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
)
from tael.payments.rules.arrivals import apply_arrival
from tael.payments.rules.asking import Pauses, inquire_at
from tael.payments.rules.changes import Change, Consequence, said_again
from tael.payments.rules.fees import fee_of
from tael.payments.rules.voids import looked_at, may_be_voided, next_look, to_be_voided_again, voided

LAST_LOOK_SECONDS = 60
"""How long after the time to pay a code that was closed unscanned is looked at once more: a payer may have scanned
it meanwhile, and every notice of it may have been lost."""
LATE_LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""How long after its end an attempt is looked at again to which payers can send money whenever they like."""


def apply_outcome(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    *,
    siblings: Sequence[Attempt] = (),
    refunds: Sequence[Refund] = (),
    asked_at: datetime | None = None,
    now: datetime,
    pauses: Pauses,
    action_seconds: int,
) -> Change | OutcomeMismatch:
    """What an outcome makes of a payment and its attempt: the table at the top of this file.

    siblings        the payment's other attempts
    refunds         all refunds of an attempt that has ended
    asked_at        when the channel was asked; none if it spoke by itself
    action_seconds  how long the payer can use what a channel's answer holds
    """
    mismatch = why_mismatched(outcome, attempt.amount_minor, attempt.currency)
    if mismatch is not None:
        return mismatch

    def apply(attempt: Attempt, outcome: Outcome) -> Change:
        return _apply(
            payment,
            attempt,
            outcome,
            siblings,
            refunds,
            asked_at=asked_at,
            now=now,
            pauses=pauses,
            action_seconds=action_seconds,
        )

    outcome = _with_what_arrived(attempt, outcome)
    if outcome.received is not None:
        change = apply_arrival(
            payment, attempt, outcome, refunds, apply=apply, asked_at=asked_at, now=now, pauses=pauses
        )
    else:
        change = apply(attempt, outcome)
    if attempt.live and not change.attempt.live and change.attempt.state is not AttemptState.SUCCEEDED:
        change = _giving_back(change)
    late = change.attempt.product is Product.TRANSFER and change.attempt.doubted_at is None
    if late and outcome.state is not OutcomeState.UNKNOWN:
        return _looking_late(change, now)
    return change


def _with_what_arrived(attempt: Attempt, outcome: Outcome) -> Outcome:
    """A channel that has told of parts and now says "paid" means that all of it has arrived."""
    paid = outcome.state is OutcomeState.SUCCEEDED and attempt.state is not AttemptState.SUCCEEDED
    if outcome.received is not None or not paid or not attempt.movements:
        return outcome
    total = max(attempt.received_minor, attempt.amount_minor)
    return msgspec.structs.replace(outcome, received=Money(total, attempt.currency))


def _looking_late(change: Change, now: datetime) -> Change:
    """An account or an address takes money also when nobody waits for it any more."""
    if change.attempt.ended_at is None:
        return change
    following = next_look(change.attempt, LATE_LOOKS, now)
    attempt = msgspec.structs.replace(change.attempt, inquiries=0, next_inquiry_at=following)
    return msgspec.structs.replace(change, attempt=attempt)


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
    refunds: Sequence[Refund],
    *,
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
    action_seconds: int,
) -> Change:
    if attempt.state is AttemptState.SUCCEEDED:
        attempt = looked_at(attempt, outcome, refunds, asked_at=asked_at, now=now, pauses=pauses)
        return voided(payment, attempt, outcome, refunds, now)
    attempt = msgspec.structs.replace(
        attempt,
        channel_reference=outcome.channel_reference or attempt.channel_reference,
        channel_code=outcome.code or attempt.channel_code,
        error_class=outcome.error_class,
    )
    others_live = any(other.live for other in siblings if other.id != attempt.id)
    if outcome.state is OutcomeState.SUCCEEDED:
        if attempt.voided and not said_again(attempt.doubted_at, asked_at):
            return Change(payment=payment, attempt=to_be_voided_again(attempt, now, pauses))
        look = outcome.given_back_in_all is not None or may_be_voided(payment, attempt, now)
        look_at = inquire_at(0, pauses.unknown, now) if look else None
        return _succeeded(payment, attempt, now, look_again_at=look_at)
    attempt = msgspec.structs.replace(attempt, voided=attempt.voided or outcome.voided)
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


def _succeeded(
    payment: Payment, attempt: Attempt, now: datetime, *, look_again_at: datetime | None = None
) -> Change:
    attempt = msgspec.structs.replace(
        attempt,
        state=AttemptState.SUCCEEDED,
        ended_at=now,
        next_inquiry_at=look_again_at,
        inquiries=0,
        voided=False,
        doubted_at=None,
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
    if attempt.doubted_at is not None:
        if outcome.state is OutcomeState.CLOSED:
            return msgspec.structs.replace(attempt, doubted_at=None, next_inquiry_at=None)
        return to_be_voided_again(attempt, now, pauses)
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
