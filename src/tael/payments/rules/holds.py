"""What follows for money that is held first and captured later? No input, no output, no clock.

| the channel says of the order | while a capture or an increment is under way | else |
|---|---|---|
| authorised | held, for the payment that waits for it; money that nobody needs is released | the same |
| succeeded  | looked at again after it | what was taken without us is booked; the payment is captured |
| closed, failed | looked at again after it | the hold has ended: captured, if some was taken; else canceled or expired |
| any other  | inquired again | the same |

| the channel says of a capture or an increment | it becomes | the payment |
|---|---|---|
| succeeded | succeeded | captured if it was the last capture, else authorised with more captured or more held |
| failed    | failed | stays authorised; the order is looked at |
| absent    | asked for again under the same number | stays |
| any other | unknown, asked again under the same number | stays |

Between two captures a payment is `authorised`, with `captured_minor` above zero. It is refunded when it is captured.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.port import Hold, Outcome, OutcomeState
from tael.foundation.money import Money
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import Attempt, HoldStep, Payment, PaymentState, RefundReason, StepKind, StepState
from tael.payments.rules.asking import Pauses, inquire_at
from tael.payments.rules.changes import Change, Consequence
from tael.payments.rules.fees import FeeOf
from tael.payments.rules.lifecycle import ENDING, AttemptEvent, PaymentEvent, Settling, may, move

WARNED_BEFORE = timedelta(days=1)
"""How long before a hold ends the merchant is warned that it was not captured yet."""


def hold_of(attempt: Attempt, outcome: Outcome) -> Hold:
    """What the channel says of a hold, now or before; nothing taken if it does not say."""
    said = outcome.hold
    if said is None or (not said.told and attempt.hold is not None):
        return attempt.hold or Hold(taken=Money(0, attempt.currency))
    return said


def authorised(
    payment: Payment, attempt: Attempt, outcome: Outcome, *, now: datetime, pauses: Pauses, holds_days: int
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
    until = hold_of(attempt, outcome).until or payment.capture_before or now + timedelta(days=holds_days)
    warn_at = warned_at(payment, until)
    warned = holder and attempt.inquiries > 0
    soon = holder and not warned and now >= warn_at
    following = until if warned or soon else max(now, warn_at)
    if not holder and not hold_of(attempt, outcome).told:
        following = now
    elif payment.closing_as is not None or now >= until or not hold_of(attempt, outcome).told:
        following = inquire_at(len(pauses.unknown), pauses.unknown, now)
    attempt = move(
        attempt,
        AttemptEvent.HELD,
        ended_at=None,
        error_class=None,
        hold=hold_of(attempt, outcome),
        inquiries=1 if warned or soon else 0,
        next_inquiry_at=following,
    )
    payment = move(
        payment,
        PaymentEvent.MONEY_HELD,
        authorised_minor=max(payment.authorised_minor, attempt.amount_minor),
        capture_before=until,
    )
    consequence = Consequence.HOLD_ENDS_SOON if soon else None
    return Change(
        payment=payment, attempt=attempt, consequence=consequence if holder else Consequence.AUTHORISED
    )


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
    now: datetime,
    pauses: Pauses,
    fee_of: FeeOf,
) -> Change:
    """What an outcome makes of an order whose money is held for its payment: the first table at the top of this file."""
    ended = outcome.state in (OutcomeState.SUCCEEDED, OutcomeState.CLOSED, OutcomeState.FAILED)
    under_way = any(not step.ended for step in steps)
    taken = taken_minor(attempt, outcome) if outcome.state is OutcomeState.SUCCEEDED else None
    believed = taken is None or taken >= max(1, payment.captured_minor)
    if not ended or under_way or not believed:
        following = inquire_at(len(pauses.unknown), pauses.unknown, now, not_after=payment.capture_before)
        return Change(payment=payment, attempt=msgspec.structs.replace(attempt, next_inquiry_at=following))
    if taken is None or taken == payment.captured_minor:
        return _hold_ended(payment, attempt, now)
    extra = _taken_without_us(payment, attempt, taken - payment.captured_minor, now)
    step = msgspec.structs.replace(extra, fee_minor=fee_of(payment, attempt, extra.amount_minor))
    return _captured(payment, attempt, step, now, by_channel=True)


def taken_minor(attempt: Attempt, outcome: Outcome) -> int:
    """What was taken in all of an order that is called paid; all of it if the channel does not say how much."""
    return outcome.hold.taken.minor if outcome.hold is not None else attempt.amount_minor


def _taken_without_us(payment: Payment, attempt: Attempt, amount_minor: int, now: datetime) -> HoldStep:
    """The capture that somebody made at the channel itself, or of which we never heard that it had succeeded."""
    nth = f"_{payment.captured_minor}" if payment.captured_minor else ""
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
        final=True,
        currency=attempt.currency,
        fee_minor=0,
        channel_code=None,
        error_class=None,
        created_at=now,
        ended_at=now,
        inquiries=0,
        next_inquiry_at=None,
    )


def _hold_ended(payment: Payment, attempt: Attempt, now: datetime) -> Change:
    """Nothing is held any more: what was captured stays captured; if nothing was, the payment ends unpaid."""
    if payment.captured_minor:
        return Change(
            payment=move(payment, PaymentEvent.CAPTURED, closing_as=None, ended_at=now),
            attempt=move(attempt, AttemptEvent.PAID, ended_at=now, next_inquiry_at=None, inquiries=0),
            consequence=Consequence.CAPTURED,
        )
    late = payment.capture_before is not None and now >= payment.capture_before
    end = payment.closing_as or (PaymentState.EXPIRED if late else PaymentState.CANCELED)
    return Change(
        payment=move(payment, ENDING[end], closing_as=None, ended_at=now),
        attempt=move(attempt, AttemptEvent.ENDED_UNPAID, ended_at=now, next_inquiry_at=None, inquiries=0),
        consequence=Consequence.ENDED,
    )


def _captured(
    payment: Payment, attempt: Attempt, step: HoldStep, now: datetime, *, by_channel: bool = False
) -> Change:
    """A capture has succeeded."""
    captured_minor = payment.captured_minor + step.amount_minor
    payment = msgspec.structs.replace(
        payment,
        captured_by=attempt.id,
        captured_minor=captured_minor,
        authorised_minor=max(payment.authorised_minor, captured_minor),
        fee_minor=payment.fee_minor + step.fee_minor,
    )
    if step.final:
        payment = move(payment, PaymentEvent.CAPTURED, closing_as=None, ended_at=now)
        attempt = move(attempt, AttemptEvent.PAID, ended_at=now, next_inquiry_at=None, inquiries=0)
    else:
        payment = move(payment, PaymentEvent.PART_CAPTURED)
    return Change(
        payment=payment,
        attempt=attempt,
        consequence=Consequence.CAPTURED if step.final else Consequence.PART_CAPTURED,
        step=step,
        step_is_new=by_channel,
    )


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
    step = move(
        step,
        Settling.DONE if succeeded else Settling.REFUSED,
        ended_at=now,
        next_inquiry_at=None,
        channel_code=outcome.code,
        error_class=outcome.error_class,
    )
    if not succeeded:
        looked_at = msgspec.structs.replace(attempt, next_inquiry_at=now)
        return Change(payment=payment, attempt=looked_at, step=step)
    if step.kind is StepKind.CAPTURE:
        fee_minor = fee_of(payment, attempt, step.amount_minor)
        return _captured(payment, attempt, msgspec.structs.replace(step, fee_minor=fee_minor), now)
    return _incremented(payment, attempt, step, outcome)


def _incremented(payment: Payment, attempt: Attempt, step: HoldStep, outcome: Outcome) -> Change:
    """More is held. The order at the channel is over so much more, too."""
    total_minor = attempt.amount_minor + step.amount_minor
    until = hold_of(attempt, outcome).until or payment.capture_before
    return Change(
        payment=msgspec.structs.replace(
            payment,
            authorised_minor=max(payment.authorised_minor, total_minor),
            capture_before=until,
        ),
        attempt=msgspec.structs.replace(attempt, amount_minor=total_minor, hold=hold_of(attempt, outcome)),
        consequence=Consequence.INCREMENTED,
        step=step,
    )


def reason_of_unneeded(payment: Payment) -> RefundReason:
    """Why money goes back that was taken of a hold that nobody needed."""
    paid = payment.state in (PaymentState.CAPTURED, PaymentState.AUTHORISED)
    return RefundReason.SECOND_SUCCESS if paid else RefundReason.LATE_SUCCESS
