"""What does an outcome do to a payment? No input, no output, no clock.

| the channel says | the attempt becomes | the payment |
|---|---|---|
| waiting   | waiting              | requires action |
| succeeded | succeeded            | captured; if it had ended: it stays, and the money is a surplus to give back |
| failed    | failed; if a code is out already that a payer can scan: inquired again | is open for another attempt, or ends as it was being closed |
| closed    | closed               | the same |
| absent    | stays, inquired again; closed if we were closing, and looked at once more | stays, or ends as it was being closed |
| unknown   | unknown, inquired again | stays |

Money that moved is never forgotten: a success counts whatever we believed before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from tael.channels.port import Capabilities, Outcome, OutcomeState
from tael.foundation.errors import Refusal
from tael.foundation.money import Money, basis_points_of, exponent_of
from tael.payments.errors import (
    AlreadyCaptured,
    ChannelNotSuited,
    NotCaptured,
    OutcomeMismatch,
    PaymentClosing,
    PaymentEnded,
    PaymentMalformed,
    RefundExceedsCaptured,
)
from tael.payments.model import (
    Attempt,
    AttemptState,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
)

LARGEST_AMOUNT_MINOR = 10**14
"""The largest payment: a trillion yuan is a typing error, and sums of many stay within 63 bits."""
LAST_LOOK_SECONDS = 60
"""How long after the time to pay a code that was closed unscanned is looked at once more: a payer may have scanned
it meanwhile, and every notice of it may have been lost."""
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 86_400


class Consequence(StrEnum):
    """What has to be booked and told."""

    CAPTURED = "captured"
    SURPLUS = "surplus"
    ENDED = "ended"


class Pauses(msgspec.Struct, frozen=True):
    """How long to wait between inquiries, in seconds; the last pause repeats."""

    unknown: Sequence[float]
    waiting: Sequence[float]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and its attempt after an outcome, and what follows from it."""

    payment: Payment
    attempt: Attempt
    consequence: Consequence | None = None
    surplus_reason: RefundReason | None = None


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


def why_not_offered(payment: Payment, channel: str, can: Capabilities) -> ChannelNotSuited | None:
    """The refusal of a channel that does not take the payment's currency or amount, or `None`."""
    if payment.currency not in can.currencies:
        return ChannelNotSuited(
            f"{channel} takes {', '.join(sorted(can.currencies))}, not {payment.currency}.", field="channel"
        )
    if not can.smallest_minor <= payment.amount_minor <= can.largest_minor:
        least, most = (Money(minor, payment.currency) for minor in (can.smallest_minor, can.largest_minor))
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


def why_mismatched(outcome: Outcome, amount_minor: int, currency: str) -> OutcomeMismatch | None:
    """The refusal of an outcome that speaks of another amount than ours, or of a payment without one; or `None`.

    Notices of refunds name no amount of the one refund: its number is what they are believed by.
    """
    ours = Money(amount_minor, currency)
    silent_success = (
        outcome.state is OutcomeState.SUCCEEDED and outcome.amount is None and outcome.refund_number is None
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


def apply_outcome(
    payment: Payment, attempt: Attempt, outcome: Outcome, *, now: datetime, pauses: Pauses, code_seconds: int
) -> Change | OutcomeMismatch:
    """What an outcome makes of a payment and its attempt: the table at the top of this file."""
    mismatch = why_mismatched(outcome, attempt.amount_minor, attempt.currency)
    if mismatch is not None:
        return mismatch
    if attempt.state is AttemptState.SUCCEEDED:
        return Change(payment=payment, attempt=attempt)
    attempt = msgspec.structs.replace(
        attempt,
        channel_reference=outcome.channel_reference or attempt.channel_reference,
        channel_code=outcome.code or attempt.channel_code,
    )
    if outcome.state is OutcomeState.SUCCEEDED:
        return _succeeded(payment, attempt, now)
    if not attempt.live:
        return Change(payment=payment, attempt=_after_the_end(payment, attempt, outcome, now, pauses))
    closing = payment.ended or payment.closing_as is not None
    if outcome.state is OutcomeState.FAILED and attempt.code_url is None:
        return _ended_unpaid(payment, attempt, AttemptState.FAILED, now)
    if outcome.state is OutcomeState.CLOSED:
        return _ended_unpaid(payment, attempt, AttemptState.CLOSED, now)
    if outcome.state is OutcomeState.ABSENT and closing:
        last_look_at = max(now, payment.expires_at) + timedelta(seconds=LAST_LOOK_SECONDS)
        return _ended_unpaid(payment, attempt, AttemptState.CLOSED, now, look_again_at=last_look_at)
    if outcome.state is OutcomeState.WAITING and payment.closing_as is None:
        return _waiting(payment, attempt, outcome, now=now, pauses=pauses, code_seconds=code_seconds)
    return _nothing_learnt(payment, attempt, outcome, now, pauses)


def _succeeded(payment: Payment, attempt: Attempt, now: datetime) -> Change:
    attempt = msgspec.structs.replace(
        attempt, state=AttemptState.SUCCEEDED, ended_at=now, next_inquiry_at=None, inquiries=0
    )
    if payment.ended:
        paid = payment.state is PaymentState.CAPTURED
        reason = RefundReason.SECOND_SUCCESS if paid else RefundReason.LATE_SUCCESS
        return Change(
            payment=payment, attempt=attempt, consequence=Consequence.SURPLUS, surplus_reason=reason
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
    look_again_at: datetime | None = None,
) -> Change:
    attempt = msgspec.structs.replace(
        attempt, state=state, ended_at=now, next_inquiry_at=look_again_at, inquiries=0
    )
    if payment.ended:
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
    payment: Payment, attempt: Attempt, outcome: Outcome, *, now: datetime, pauses: Pauses, code_seconds: int
) -> Change:
    newly = attempt.state is not AttemptState.WAITING
    inquiries = 0 if newly or outcome.code_url else attempt.inquiries + 1
    attempt = msgspec.structs.replace(
        attempt,
        state=AttemptState.WAITING,
        code_url=outcome.code_url or attempt.code_url,
        code_expires_at=now + timedelta(seconds=code_seconds)
        if outcome.code_url
        else attempt.code_expires_at,
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


class Question(StrEnum):
    """What to ask a channel about a live attempt."""

    CLOSE = "close"
    """Nobody should pay any more: end it there, too."""
    OPEN = "open"
    """There is no code to show."""
    INQUIRE = "inquire"


def question_about(payment: Payment, attempt: Attempt, now: datetime) -> Question:
    """What to ask next about an attempt; of one that has ended, only whether it was paid after all."""
    if not attempt.live:
        return Question.INQUIRE
    if payment.ended or payment.closing_as is not None or now >= payment.expires_at:
        return Question.CLOSE
    return Question.OPEN if attempt.code_url is None else Question.INQUIRE


def needs_code(attempt: Attempt, now: datetime) -> bool:
    """Whether there is no code that a payer could scan now."""
    return attempt.code_url is None or (
        attempt.code_expires_at is not None and attempt.code_expires_at <= now
    )


def inquire_at(
    inquiries: int, pauses: Sequence[float], now: datetime, *, not_after: datetime | None = None
) -> datetime:
    """When to ask next; at the end of the time to pay at the latest, if that is still to come."""
    at = now + timedelta(seconds=pauses[min(inquiries, len(pauses) - 1)])
    return not_after if not_after is not None and now < not_after < at else at


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
