"""What does an outcome do to a payment? No input, no output, no clock.

| the channel says | the attempt becomes | the payment |
|---|---|---|
| waiting   | waiting              | requires action |
| authorised | what is held for it: see `holds`; released if nobody needs it | authorised |
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
from functools import partial

import msgspec

from tael.channels.port import Outcome, OutcomeState, Pauses, Product, inquire_at, said_again
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import (
    Attempt,
    AttemptState,
    HoldStep,
    Payment,
    PaymentState,
    Refund,
)
from tael.payments.rules.arrivals import apply_arrival, giving_back, with_what_arrived
from tael.payments.rules.changes import Change, Consequence
from tael.payments.rules.fees import FeeOf, fee_by_basis_points
from tael.payments.rules.holds import as_told, authorised, held, paid, reason_of_unneeded, taken_so_far
from tael.payments.rules.lifecycle import ENDING, AttemptEvent, PaymentEvent, may, move
from tael.payments.rules.mismatch import why_mismatched
from tael.payments.rules.voids import looked_at, looked_at_late, may_be_voided, to_be_voided_again, voided

LAST_LOOK_SECONDS = 60
"""How long after the time to pay a code that was closed unscanned is looked at once more: a payer may have scanned
it meanwhile, and every notice of it may have been lost."""
ATTEMPTS_LIMIT = 20
"""How often one payment may be tried: after the last attempt has ended unpaid, the payment has failed."""


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
    steps: Sequence[HoldStep] = (),
    holds_days: int = 7,
    fee_of: FeeOf | None = None,
) -> Change | OutcomeMismatch:
    """What an outcome makes of a payment and its attempt: the table at the top of this file.

    siblings, refunds  the payment's other attempts; all refunds of an attempt that has ended
    asked_at            when the channel was asked; none if it spoke by itself
    action_seconds      how long the payer can use what a channel's answer holds
    steps               the captures and increments of what is held
    holds_days          how long money stays held, where the channel does not say it
    fee_of              what the platform takes of so much; by default by the payment's basis points
    """
    fee_of = fee_of or fee_by_basis_points
    mismatch = why_mismatched(outcome, attempt.amount_minor, attempt.currency)
    if mismatch is not None:
        return mismatch
    if _concerns_a_hold(payment, attempt, outcome):
        return _of_held_money(
            payment,
            attempt,
            outcome,
            siblings,
            steps,
            asked_at=asked_at,
            now=now,
            pauses=pauses,
            holds_days=holds_days,
            fee_of=fee_of,
        )
    apply = partial(
        _apply,
        payment,
        siblings=siblings,
        refunds=refunds,
        asked_at=asked_at,
        now=now,
        pauses=pauses,
        action_seconds=action_seconds,
        fee_of=fee_of,
    )
    outcome = with_what_arrived(attempt, outcome)
    if outcome.received is not None:
        change = apply_arrival(
            payment, attempt, outcome, refunds, apply=apply, asked_at=asked_at, now=now, pauses=pauses
        )
    else:
        change = apply(attempt, outcome)
    return _followed_up(attempt, change, outcome, now)


def _followed_up(attempt: Attempt, change: Change, outcome: Outcome, now: datetime) -> Change:
    """What had arrived for an attempt that ended unpaid goes back; where more may come, it is looked at later."""
    if attempt.live and not change.attempt.live and change.attempt.state is not AttemptState.SUCCEEDED:
        change = giving_back(change)
    late = change.attempt.product is Product.TRANSFER and change.attempt.doubted_at is None
    if late and outcome.state is not OutcomeState.UNKNOWN:
        return looked_at_late(change, now)
    return change


def _concerns_a_hold(payment: Payment, attempt: Attempt, outcome: Outcome) -> bool:
    """Whether money is, was or will be held: what nobody asked to be held only once it is to be released."""
    if attempt.state is AttemptState.AUTHORISED:
        return payment.manual or outcome.state is not OutcomeState.SUCCEEDED
    if attempt.state is AttemptState.SUCCEEDED:
        return False
    if outcome.state is OutcomeState.AUTHORISED:
        return payment.manual or not attempt.live or _closing(payment, attempt)
    return outcome.state is OutcomeState.SUCCEEDED and payment.manual


def _of_held_money(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    siblings: Sequence[Attempt],
    steps: Sequence[HoldStep],
    *,
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
    holds_days: int,
    fee_of: FeeOf,
) -> Change:
    attempt = as_told(attempt, outcome)
    if outcome.state is OutcomeState.AUTHORISED:
        return authorised(
            payment,
            attempt,
            outcome,
            steps,
            asked_at=asked_at,
            now=now,
            pauses=pauses,
            holds_days=holds_days,
            fee_of=fee_of,
        )
    as_held = partial(
        held, outcome=outcome, steps=steps, asked_at=asked_at, now=now, pauses=pauses, fee_of=fee_of
    )
    if attempt.holds and payment.state is PaymentState.AUTHORISED:
        return as_held(payment, attempt)
    if outcome.state is not OutcomeState.SUCCEEDED:
        if outcome.state in (OutcomeState.CLOSED, OutcomeState.FAILED):
            others_live = any(other.live for other in siblings if other.id != attempt.id)
            given_back = attempt.voided or outcome.voided
            attempt = msgspec.structs.replace(attempt, voided=given_back, doubted_at=None)
            return _ended_unpaid(payment, attempt, AttemptEvent.ENDED_UNPAID, now, others_live=others_live)
        again = inquire_at(attempt.inquiries, pauses.unknown, now)
        attempt = msgspec.structs.replace(attempt, inquiries=attempt.inquiries + 1, next_inquiry_at=again)
        return Change(payment=payment, attempt=attempt)
    if attempt.voided and not said_again(attempt.doubted_at, asked_at):
        return Change(payment=payment, attempt=to_be_voided_again(attempt, now, pauses))
    if not may(payment, PaymentEvent.MONEY_HELD) or payment.state is PaymentState.AUTHORISED:
        return _surplus(payment, attempt, outcome, now, pauses)
    attempt = move(attempt, AttemptEvent.HELD, abandoned=False)
    payment = move(payment, PaymentEvent.MONEY_HELD, authorised_minor=attempt.amount_minor)
    return as_held(payment, attempt)


def _surplus(payment: Payment, attempt: Attempt, outcome: Outcome, now: datetime, pauses: Pauses) -> Change:
    """Money was taken of a hold that nobody needed."""
    return Change(
        payment=payment,
        attempt=paid(attempt, now, pauses, look=outcome.given_back_in_all is not None),
        consequence=Consequence.SURPLUS,
        surplus_minor=taken_so_far(payment, attempt),
        surplus_reason=reason_of_unneeded(payment),
    )


def _closing(payment: Payment, attempt: Attempt) -> bool:
    return payment.ended or payment.closing_as is not None or attempt.abandoned


def _apply(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    *,
    siblings: Sequence[Attempt],
    refunds: Sequence[Refund],
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
    action_seconds: int,
    fee_of: FeeOf,
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
    others = [other for other in siblings if other.id != attempt.id]
    others_live = any(other.live for other in others)
    last = len(others) + 1 >= ATTEMPTS_LIMIT
    if outcome.state is OutcomeState.SUCCEEDED:
        if attempt.voided and not said_again(attempt.doubted_at, asked_at):
            return Change(payment=payment, attempt=to_be_voided_again(attempt, now, pauses))
        look = outcome.given_back_in_all is not None or may_be_voided(payment, attempt, now)
        look_at = inquire_at(0, pauses.unknown, now) if look else None
        return _succeeded(payment, attempt, now, look_again_at=look_at, fee_of=fee_of)
    attempt = msgspec.structs.replace(attempt, voided=attempt.voided or outcome.voided)
    if not attempt.live:
        return Change(payment=payment, attempt=_after_the_end(payment, attempt, outcome, now, pauses))
    closing = _closing(payment, attempt)
    if outcome.state is OutcomeState.FAILED and attempt.action is None:
        return _ended_unpaid(payment, attempt, AttemptEvent.REFUSED, now, others_live=others_live, last=last)
    if outcome.state is OutcomeState.CLOSED:
        return _ended_unpaid(
            payment, attempt, AttemptEvent.ENDED_UNPAID, now, others_live=others_live, last=last
        )
    if outcome.state is OutcomeState.ABSENT and closing:
        last_look_at = max(now, payment.expires_at) + timedelta(seconds=LAST_LOOK_SECONDS)
        return _ended_unpaid(
            payment,
            attempt,
            AttemptEvent.ENDED_UNPAID,
            now,
            others_live=others_live,
            look_again_at=last_look_at,
        )
    if outcome.state is OutcomeState.WAITING and payment.closing_as is None and not attempt.abandoned:
        return _waiting(payment, attempt, outcome, now=now, pauses=pauses, action_seconds=action_seconds)
    return _nothing_learnt(payment, attempt, outcome, now, pauses)


def _succeeded(
    payment: Payment,
    attempt: Attempt,
    now: datetime,
    *,
    look_again_at: datetime | None = None,
    fee_of: FeeOf,
) -> Change:
    attempt = move(
        attempt,
        AttemptEvent.PAID,
        ended_at=now,
        next_inquiry_at=look_again_at,
        inquiries=0,
        voided=False,
        doubted_at=None,
    )
    if payment.ended or payment.state is PaymentState.AUTHORISED:
        return Change(
            payment=payment,
            attempt=attempt,
            consequence=Consequence.SURPLUS,
            surplus_minor=attempt.amount_minor,
            surplus_reason=reason_of_unneeded(payment),
        )
    payment = move(
        payment,
        PaymentEvent.CAPTURED,
        closing_as=None,
        captured_by=attempt.id,
        method=attempt.method,
        channel=attempt.channel,
        captured_minor=attempt.amount_minor,
        discount_minor=attempt.discount_minor,
        fee_minor=fee_of(payment, attempt, attempt.amount_minor),
        ended_at=now,
    )
    return Change(payment=payment, attempt=attempt, consequence=Consequence.CAPTURED)


def _ended_unpaid(
    payment: Payment,
    attempt: Attempt,
    event: AttemptEvent,
    now: datetime,
    *,
    others_live: bool,
    last: bool = False,
    look_again_at: datetime | None = None,
) -> Change:
    attempt = move(attempt, event, ended_at=now, next_inquiry_at=look_again_at, inquiries=0)
    if payment.ended or others_live or payment.state is PaymentState.AUTHORISED:
        return Change(payment=payment, attempt=attempt)
    if payment.closing_as is None and now < payment.expires_at:
        if last:
            given_up = move(payment, PaymentEvent.GIVEN_UP, ended_at=now)
            return Change(payment=given_up, attempt=attempt, consequence=Consequence.ENDED)
        return Change(payment=move(payment, PaymentEvent.ATTEMPT_ENDED), attempt=attempt)
    end = payment.closing_as or PaymentState.EXPIRED
    return Change(
        payment=move(payment, ENDING[end], closing_as=None, ended_at=now),
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
    attempt = move(
        attempt,
        AttemptEvent.WAITS,
        action=outcome.action or attempt.action,
        action_expires_at=now + timedelta(seconds=action_seconds)
        if outcome.action
        else attempt.action_expires_at,
        inquiries=inquiries,
        next_inquiry_at=inquire_at(inquiries, pauses.waiting, now, not_after=payment.expires_at),
    )
    news: Consequence | None = None
    if may(payment, PaymentEvent.ACTION_NEEDED):
        news = Consequence.ACTION_NEEDED if newly and attempt.action is not None else None
        payment = move(payment, PaymentEvent.ACTION_NEEDED)
    return Change(payment=payment, attempt=attempt, consequence=news)


def _nothing_learnt(
    payment: Payment, attempt: Attempt, outcome: Outcome, now: datetime, pauses: Pauses
) -> Change:
    """Absent (a code that nobody scanned is not yet known to some channels), unknown, or not closed yet: ask again."""
    waiting = attempt.state is AttemptState.WAITING and payment.closing_as is None
    patient = waiting and outcome.state is OutcomeState.ABSENT
    attempt = move(
        attempt,
        AttemptEvent.WAITS if waiting else AttemptEvent.NOT_KNOWN,
        inquiries=attempt.inquiries + 1,
        next_inquiry_at=inquire_at(
            attempt.inquiries,
            pauses.waiting if patient else pauses.unknown,
            now,
            not_after=payment.expires_at,
        ),
    )
    return Change(payment=payment, attempt=attempt)
