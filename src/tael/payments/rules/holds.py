"""What follows for money that is held first and captured later? No input, no output, no clock.

A channel says two things, and neither stands for the other. What it says *of the order* is how the order stands: held,
taken (so much in all, whoever took it), let go, given back. What it says *of a step* of ours, a capture or an increment, is
whether that was carried out. That it refuses a step, or a release, is no news of the order: the order is asked about.

| the channel says of the order | while a step is under way | else |
|---|---|---|
| authorised | held, for the payment that waits for it; money that nobody needs is released | and what was taken without us is booked |
| succeeded  | looked at again after it | what was taken without us is booked; the payment is captured |
| closed, failed | looked at again after it | the hold has ended: captured, if some was taken; else canceled or expired |
| any other  | inquired again | the same |

| the channel says of a step | it becomes | the payment |
|---|---|---|
| succeeded | succeeded | captured if it was the last capture and all that was taken; else authorised with more captured or more held |
| failed    | failed    | stays authorised; the order is looked at |
| absent    | asked for again under the same number | stays |
| any other | unknown, asked again under the same number | stays |

The order is looked at once more after a step that left a doubt: its first answer was lost, the channel spoke of an end
or of money given back meanwhile, or more was taken than our captures. So what is heard in the wrong moment is not lost.

Between two captures a payment is `authorised`, with `captured_minor` above zero. It is refunded when it is captured.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.port import Hold, Outcome, OutcomeState, Pauses, inquire_at, said_again
from tael.foundation.money import Money
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import Attempt, HoldStep, Payment, PaymentState, RefundReason, StepKind, StepState
from tael.payments.rules.changes import Change, Consequence
from tael.payments.rules.fees import FeeOf
from tael.payments.rules.lifecycle import ENDING, AttemptEvent, PaymentEvent, Settling, may, move

WARNED_BEFORE = timedelta(days=1)
"""How long before a hold ends the merchant is warned that it was not captured yet."""


def hold_of(attempt: Attempt, outcome: Outcome) -> Hold:
    """What the channel says of a hold, now or before; nothing taken if it does not say.

    What was taken never becomes less: whoever says less said so before.
    """
    before, said = attempt.hold or Hold(taken=Money(0, attempt.currency)), outcome.hold
    if said is None:
        return before
    terms = said if said.told or attempt.hold is None else before
    taken_minor = max(said.taken.minor, before.taken.minor)
    return msgspec.structs.replace(terms, taken=Money(taken_minor, attempt.currency))


def as_told(attempt: Attempt, outcome: Outcome) -> Attempt:
    """The attempt with what the channel says of its order; called paid, and nobody says how much: all of it was taken."""
    said = outcome.hold
    if said is None and outcome.state is OutcomeState.SUCCEEDED:
        said = Hold(taken=Money(attempt.amount_minor, attempt.currency), told=False)
    return msgspec.structs.replace(
        attempt,
        channel_reference=outcome.channel_reference or attempt.channel_reference,
        hold=attempt.hold if said is None else hold_of(attempt, msgspec.structs.replace(outcome, hold=said)),
    )


def taken_so_far(payment: Payment, attempt: Attempt) -> int:
    """What was taken of what an attempt holds, by us or by anybody: as much as we have heard of."""
    ours = payment.captured_minor if payment.captured_by == attempt.id else 0
    return max(ours, attempt.hold.taken.minor if attempt.hold is not None else 0)


def under_way(steps: Sequence[HoldStep]) -> bool:
    """Whether a capture or an increment has not come to its end."""
    return any(not step.ended for step in steps)


def authorised(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    steps: Sequence[HoldStep],
    *,
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
    holds_days: int,
    fee_of: FeeOf,
) -> Change:
    """The payer's money is held: for this payment if it waits for that, else it is to be released."""
    holder = attempt.holds and payment.state is PaymentState.AUTHORISED
    waits = payment.manual and may(payment, PaymentEvent.MONEY_HELD) and payment.closing_as is None
    if not holder and (not waits or payment.state is PaymentState.AUTHORISED or attempt.abandoned):
        released = move(
            attempt,
            AttemptEvent.HELD,
            abandoned=True,
            ended_at=None,
            hold=hold_of(attempt, outcome),
            next_inquiry_at=now,
            inquiries=0,
        )
        return Change(payment=payment, attempt=released)
    hold = hold_of(attempt, outcome)
    until = hold.until or payment.capture_before or now + timedelta(days=holds_days)
    warn_at = warned_at(payment, until)
    warned = holder and attempt.inquiries > 0
    soon = holder and not warned and now >= warn_at
    following = until if warned or soon else max(now, warn_at)
    if not holder and (hold.taken.minor or not hold.told):
        following = now
    elif payment.closing_as is not None or now >= until or not hold.told:
        following = inquire_at(len(pauses.unknown), pauses.unknown, now)
    doubted_at = None if _is_the_look(attempt, steps, asked_at) else attempt.doubted_at
    attempt = move(
        attempt,
        AttemptEvent.HELD,
        ended_at=None,
        error_class=None,
        hold=hold,
        doubted_at=doubted_at,
        inquiries=1 if warned or soon else 0,
        next_inquiry_at=now if doubted_at is not None and not under_way(steps) else following,
    )
    payment = move(
        payment,
        PaymentEvent.MONEY_HELD,
        authorised_minor=max(payment.authorised_minor, attempt.amount_minor),
        capture_before=until,
    )
    if not holder:
        return Change(payment=payment, attempt=attempt, consequence=Consequence.AUTHORISED)
    if taken_so_far(payment, attempt) > payment.captured_minor and not under_way(steps):
        again = msgspec.structs.replace(attempt, inquiries=1 if warned else 0, next_inquiry_at=now)
        step = _taken_without_us(payment, again, now, fee_of, final=False)
        return _captured(payment, again, step, now, pauses, by_channel=True)
    return Change(payment=payment, attempt=attempt, consequence=Consequence.HOLD_ENDS_SOON if soon else None)


def warned_at(payment: Payment, until: datetime) -> datetime:
    """When the merchant is warned; of a short hold, half-way."""
    whole = until - payment.created_at
    return until - min(WARNED_BEFORE, whole // 2)


def held(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    steps: Sequence[HoldStep],
    *,
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
    fee_of: FeeOf,
) -> Change:
    """What an outcome makes of an order whose money is held for its payment: the first table at the top of this file."""
    ended = outcome.state in (OutcomeState.SUCCEEDED, OutcomeState.CLOSED, OutcomeState.FAILED)
    too_little = outcome.hold is not None and outcome.hold.taken.minor < max(1, payment.captured_minor)
    believed = not (outcome.state is OutcomeState.SUCCEEDED and too_little)
    if not ended or under_way(steps) or not believed:
        unclear = asked_at is None and outcome.state is OutcomeState.UNKNOWN
        doubted_at = now if unclear or (ended and believed) else attempt.doubted_at
        following = inquire_at(len(pauses.unknown), pauses.unknown, now, not_after=payment.capture_before)
        waiting = msgspec.structs.replace(attempt, doubted_at=doubted_at, next_inquiry_at=following)
        return Change(payment=payment, attempt=waiting)
    doubted = attempt.doubted_at is not None and not _is_the_look(attempt, steps, asked_at)
    look = doubted or asked_at is None or outcome.given_back_in_all is not None or outcome.voided
    if taken_so_far(payment, attempt) > payment.captured_minor:
        step = _taken_without_us(payment, attempt, now, fee_of, final=True)
        return _captured(payment, attempt, step, now, pauses, look=look, by_channel=True)
    return _hold_ended(payment, attempt, outcome, now, pauses, look=look)


def _is_the_look(attempt: Attempt, steps: Sequence[HoldStep], asked_at: datetime | None) -> bool:
    """Whether the channel was asked how the order stands since there was a doubt, and no step can have changed it."""
    return said_again(attempt.doubted_at, asked_at) and not under_way(steps)


def _taken_without_us(
    payment: Payment, attempt: Attempt, now: datetime, fee_of: FeeOf, *, final: bool
) -> HoldStep:
    """The capture that somebody made at the channel itself, or of which we never heard that it had succeeded."""
    nth = f"_{payment.captured_minor}" if payment.captured_minor else ""
    amount_minor = taken_so_far(payment, attempt) - payment.captured_minor
    return HoldStep(
        id=f"cap_{attempt.id.removeprefix('att_')}{nth}",
        payment_id=payment.id,
        attempt_id=attempt.id,
        merchant_id=payment.merchant_id,
        channel=attempt.channel,
        kind=StepKind.CAPTURE,
        state=StepState.SUCCEEDED,
        amount_minor=amount_minor,
        before_minor=payment.captured_minor,
        tip_minor=0,
        final=final,
        currency=attempt.currency,
        fee_minor=fee_of(payment, attempt, amount_minor),
        channel_code=None,
        error_class=None,
        created_at=now,
        ended_at=now,
        inquiries=0,
        next_inquiry_at=None,
    )


def _hold_ended(
    payment: Payment, attempt: Attempt, outcome: Outcome, now: datetime, pauses: Pauses, *, look: bool
) -> Change:
    """Nothing is held any more: what was captured stays captured; if nothing was, the payment ends unpaid."""
    if payment.captured_minor:
        return Change(
            payment=move(payment, PaymentEvent.CAPTURED, closing_as=None, ended_at=now),
            attempt=paid(attempt, now, pauses, look=look),
            consequence=Consequence.CAPTURED,
        )
    late = payment.capture_before is not None and now >= payment.capture_before
    end = payment.closing_as or (PaymentState.EXPIRED if late else PaymentState.CANCELED)
    return Change(
        payment=move(payment, ENDING[end], closing_as=None, ended_at=now),
        attempt=move(
            attempt,
            AttemptEvent.ENDED_UNPAID,
            ended_at=now,
            next_inquiry_at=None,
            inquiries=0,
            voided=outcome.voided,
            doubted_at=None,
        ),
        consequence=Consequence.ENDED,
    )


def paid(attempt: Attempt, now: datetime, pauses: Pauses, *, look: bool) -> Attempt:
    """All that will be taken was taken; it is looked at once more if something was heard that this does not explain."""
    return move(
        attempt,
        AttemptEvent.PAID,
        ended_at=now,
        next_inquiry_at=inquire_at(0, pauses.unknown, now) if look else None,
        inquiries=0,
        voided=False,
        doubted_at=None,
    )


def _captured(
    payment: Payment,
    attempt: Attempt,
    step: HoldStep,
    now: datetime,
    pauses: Pauses,
    *,
    look: bool = False,
    by_channel: bool = False,
) -> Change:
    """A capture has succeeded. If somebody has taken more than it knows of, the order is still to be looked at."""
    captured_minor = payment.captured_minor + step.amount_minor
    payment = msgspec.structs.replace(
        payment,
        captured_by=attempt.id,
        method=attempt.method,
        channel=attempt.channel,
        captured_minor=captured_minor,
        authorised_minor=max(payment.authorised_minor, captured_minor),
        fee_minor=payment.fee_minor + step.fee_minor,
    )
    more_was_taken = taken_so_far(payment, attempt) > captured_minor
    ends = step.final and not more_was_taken
    if ends:
        payment = move(payment, PaymentEvent.CAPTURED, closing_as=None, ended_at=now)
        attempt = paid(attempt, now, pauses, look=look)
    else:
        payment = move(payment, PaymentEvent.PART_CAPTURED)
        attempt = _looked_at(attempt, now, look=look or more_was_taken)
    return Change(
        payment=payment,
        attempt=attempt,
        consequence=Consequence.CAPTURED if ends else Consequence.PART_CAPTURED,
        step=step,
        step_is_new=by_channel,
    )


def _looked_at(attempt: Attempt, now: datetime, *, look: bool) -> Attempt:
    """After a step that left a doubt the order is looked at: what the channel says by itself may be older than the doubt."""
    if not look:
        return attempt
    return msgspec.structs.replace(attempt, doubted_at=now, next_inquiry_at=now)


def apply_step_outcome(
    payment: Payment,
    attempt: Attempt,
    step: HoldStep,
    outcome: Outcome,
    *,
    now: datetime,
    pauses: Pauses,
    fee_of: FeeOf,
) -> Change | OutcomeMismatch:
    """What an outcome makes of a capture or an increment: the second table at the top of this file."""
    if step.ended:
        return Change(payment=payment, attempt=attempt, step=step)
    if outcome.state is OutcomeState.SUCCEEDED and outcome.amount != step.amount:
        return OutcomeMismatch(
            f"The channel speaks of {outcome.amount}, the {step.kind} is over {step.amount}.", field="amount"
        )
    if outcome.state not in (OutcomeState.SUCCEEDED, OutcomeState.FAILED):
        absent = outcome.state is OutcomeState.ABSENT
        waiting = move(
            step,
            Settling.ASK_AGAIN if absent else Settling.NOT_KNOWN,
            inquiries=step.inquiries + 1,
            next_inquiry_at=inquire_at(step.inquiries, pauses.unknown, now),
            channel_code=outcome.code or step.channel_code,
            error_class=outcome.error_class,
        )
        return Change(payment=payment, attempt=attempt, step=waiting)
    succeeded = outcome.state is OutcomeState.SUCCEEDED
    doubted = attempt.doubted_at is not None or step.inquiries > 0 or outcome.hold is None
    look = doubted or outcome.given_back_in_all is not None
    step = move(
        step,
        Settling.DONE if succeeded else Settling.REFUSED,
        ended_at=now,
        next_inquiry_at=None,
        channel_code=outcome.code,
        error_class=outcome.error_class,
    )
    if not succeeded:
        return Change(payment=payment, attempt=_looked_at(attempt, now, look=True), step=step)
    attempt = msgspec.structs.replace(attempt, hold=hold_of(attempt, outcome))
    if step.kind is StepKind.CAPTURE:
        fee_minor = fee_of(payment, attempt, step.amount_minor)
        step = msgspec.structs.replace(step, fee_minor=fee_minor)
        return _captured(payment, attempt, step, now, pauses, look=look)
    more_was_taken = taken_so_far(payment, attempt) > payment.captured_minor
    return _incremented(payment, _looked_at(attempt, now, look=look or more_was_taken), step)


def _incremented(payment: Payment, attempt: Attempt, step: HoldStep) -> Change:
    """More is held. The order at the channel is over so much more, too."""
    total_minor = attempt.amount_minor + step.amount_minor
    until = (attempt.hold.until if attempt.hold is not None else None) or payment.capture_before
    return Change(
        payment=msgspec.structs.replace(
            payment,
            authorised_minor=max(payment.authorised_minor, total_minor),
            capture_before=until,
        ),
        attempt=msgspec.structs.replace(attempt, amount_minor=total_minor),
        consequence=Consequence.INCREMENTED,
        step=step,
    )


def reason_of_unneeded(payment: Payment) -> RefundReason:
    """Why money goes back that was taken of a hold that nobody needed."""
    paid = payment.state in (PaymentState.CAPTURED, PaymentState.AUTHORISED)
    return RefundReason.SECOND_SUCCESS if paid else RefundReason.LATE_SUCCESS
