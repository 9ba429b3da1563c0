"""What follows from how much has arrived, where payers choose the amount themselves?

| what has arrived in all | while the attempt is live | after its end |
|---|---|---|
| is more than before | measured by what was asked for | makes good what was lost; the rest goes back |
| is less than before | is asked once more; then it has not arrived | is asked once more; then it is taken back |

More than before is asked about once more, too, if something was taken back before: it may be what arrived before that.

Money is taken back when a bank recalls a transfer or a chain drops a block. It comes first out of the surplus that was
not sent back yet, whose refunds are stopped; what was sent back or captured already is lost until it is recovered: the
payment stays captured, since the merchant was told so, and people decide who bears the loss.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from tael.channels.port import Outcome, OutcomeState, Pauses, inquire_at, said_again
from tael.foundation.money import Money
from tael.payments.model import (
    Attempt,
    AttemptState,
    Payment,
    PaymentState,
    Refund,
    RefundReason,
    RefundState,
)
from tael.payments.rules.asking import SURPLUS_TRIES
from tael.payments.rules.changes import Change, Consequence
from tael.payments.rules.lifecycle import Settling, move


def apply_arrival(
    payment: Payment,
    attempt: Attempt,
    outcome: Outcome,
    refunds: Sequence[Refund],
    *,
    apply: Callable[[Attempt, Outcome], Change],
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
) -> Change:
    """The table above. `apply` says what an outcome makes of a live attempt; `refunds` are all of the attempt."""
    total = max(0, outcome.received.minor if outcome.received else 0)
    known = arrived_minor(attempt)
    unsure = not said_again(attempt.doubted_at, asked_at) or surplus_on_its_way(payment, attempt, refunds)
    may_be_old = attempt.recalled_at is not None and not said_again(attempt.recalled_at, asked_at)
    if (total < known and unsure) or (total > known and may_be_old):
        return Change(payment=payment, attempt=_doubted(attempt, now, pauses))
    moved = total - known
    attempt = msgspec.structs.replace(
        attempt,
        received_minor=total,
        movements=attempt.movements + (1 if moved else 0),
        doubted_at=None,
        recalled_at=now if moved < 0 or (moved and attempt.recalled_at) else attempt.recalled_at,
        next_inquiry_at=None
        if attempt.doubted_at is not None and not attempt.live
        else attempt.next_inquiry_at,
    )
    if attempt.live:
        return _measured(attempt, outcome, apply, moved)
    if moved >= 0:
        return _arrived_after_the_end(payment, attempt, refunds, moved)
    return _taken_back_after_the_end(payment, attempt, refunds, -moved, now)


def with_what_arrived(attempt: Attempt, outcome: Outcome) -> Outcome:
    """A channel that has told of parts and now says "paid" means that all of it has arrived."""
    paid = outcome.state is OutcomeState.SUCCEEDED and attempt.state is not AttemptState.SUCCEEDED
    if outcome.received is not None or not paid or not attempt.movements:
        return outcome
    total = max(attempt.received_minor, attempt.amount_minor)
    return msgspec.structs.replace(outcome, received=Money(total, attempt.currency))


def giving_back(change: Change) -> Change:
    """An attempt ended unpaid: what had arrived for it was not enough, and goes back."""
    if not change.attempt.received_minor:
        return change
    return msgspec.structs.replace(
        change,
        consequence=change.consequence or Consequence.SURPLUS,
        surplus_minor=change.attempt.received_minor,
        surplus_reason=RefundReason.UNDERPAID,
    )


def arrived_minor(attempt: Attempt) -> int:
    """What has arrived in all; where the channel only ever said that it was paid, that is the amount."""
    paid = attempt.state is AttemptState.SUCCEEDED
    return attempt.amount_minor if paid and not attempt.movements else attempt.received_minor


def _measured(
    attempt: Attempt, outcome: Outcome, apply: Callable[[Attempt, Outcome], Change], moved: int
) -> Change:
    """What has arrived in all, measured by what was asked for."""
    total = attempt.received_minor
    if total >= attempt.amount_minor:
        asked = Money(attempt.amount_minor, attempt.currency)
        outcome = msgspec.structs.replace(outcome, state=OutcomeState.SUCCEEDED, amount=asked)
    elif outcome.state is OutcomeState.SUCCEEDED:
        outcome = msgspec.structs.replace(outcome, state=OutcomeState.WAITING, amount=None)
    change = msgspec.structs.replace(apply(attempt, outcome), arrived_minor=moved)
    if change.consequence is Consequence.CAPTURED and total > attempt.amount_minor:
        too_much = total - attempt.amount_minor
        return msgspec.structs.replace(change, surplus_minor=too_much, surplus_reason=RefundReason.OVERPAID)
    if change.consequence is Consequence.SURPLUS:
        return msgspec.structs.replace(change, surplus_minor=total)
    return change


def _captured_minor(payment: Payment, attempt: Attempt) -> int:
    return attempt.amount_minor if payment.captured_by == attempt.id else 0


def _of_surplus(refunds: Sequence[Refund]) -> list[Refund]:
    """The refunds by which a surplus goes, or went, back."""
    return [each for each in refunds if each.cause is not None and each.state is not RefundState.FAILED]


def surplus_on_its_way(payment: Payment, attempt: Attempt, refunds: Sequence[Refund]) -> bool:
    """Whether some surplus has no refund yet: the news of it is being delivered. Wait, or it is given back for nothing."""
    if attempt.live:
        return False
    owed = max(0, arrived_minor(attempt) - _captured_minor(payment, attempt))
    known = (*_of_surplus(refunds), *left_to_people(refunds))
    return owed > sum(each.owed_minor for each in known)


def still_owed_minor(of_one: Sequence[Refund]) -> int:
    """What of one surplus lies on the account of surpluses, by all its refunds, oldest first.

    Nothing if one is on its way or has gone; nor if one was stopped, since then it was taken back, or is owed anew.
    """
    lies = all(each.state is RefundState.FAILED and not each.stopped for each in of_one)
    return of_one[-1].owed_minor if of_one and lies else 0


def left_to_people(refunds: Sequence[Refund]) -> list[Refund]:
    """The last refund of each surplus that is not tried again by itself: what it owes lies on the account of surpluses."""
    tries: dict[str, list[Refund]] = {}
    for refund in sorted(refunds, key=lambda each: each.id):
        if refund.cause is not None:
            tries.setdefault(refund.cause, []).append(refund)
    return [
        of_one[-1] for of_one in tries.values() if len(of_one) >= SURPLUS_TRIES and still_owed_minor(of_one)
    ]


def is_settled(of_one: Sequence[Refund]) -> bool:
    """Whether news of a surplus comes too late: a refund of it is on its way, has gone, or was stopped."""
    return any(each.state is not RefundState.FAILED or each.stopped for each in of_one)


def _doubted(attempt: Attempt, now: datetime, pauses: Pauses) -> Attempt:
    return msgspec.structs.replace(
        attempt,
        doubted_at=attempt.doubted_at or now,
        inquiries=attempt.inquiries + 1,
        next_inquiry_at=inquire_at(
            attempt.inquiries if attempt.doubted_at is not None else 0, pauses.unknown, now
        ),
    )


def _arrived_after_the_end(
    payment: Payment, attempt: Attempt, refunds: Sequence[Refund], arrived: int
) -> Change:
    """What comes to an attempt that has ended makes good what is missing; the rest goes back."""
    if not arrived:
        return Change(payment=payment, attempt=attempt)
    before = attempt.received_minor - arrived
    missing = min(arrived, max(0, _captured_minor(payment, attempt) - before))
    owed_again = _shared(_of_surplus(refunds), missing - arrived)
    recovered = missing + _unowed(refunds, owed_again) - sum(each.unowed_minor for each in owed_again)
    if payment.captured_by == attempt.id:
        reason = RefundReason.OVERPAID
    elif payment.state is PaymentState.CAPTURED:
        reason = RefundReason.SECOND_SUCCESS
    else:
        reason = RefundReason.LATE_SUCCESS
    surplus = arrived - recovered
    return Change(
        payment=payment,
        attempt=attempt,
        consequence=Consequence.SURPLUS if surplus else None,
        arrived_minor=arrived,
        recovered_minor=recovered,
        surplus_minor=surplus,
        surplus_reason=reason if surplus else None,
        refunds=owed_again,
    )


def _taken_back_after_the_end(
    payment: Payment, attempt: Attempt, refunds: Sequence[Refund], gone: int, now: datetime
) -> Change:
    """What is gone is taken from the surplus that was not sent back yet; the rest was captured or sent: it is lost."""
    captured = _captured_minor(payment, attempt)
    total = attempt.received_minor
    of_surplus = max(0, total + gone - captured) - max(0, total - captured)
    stopped = stop_unsent(refunds, now)
    there = sum(each.owed_minor for each in stopped)
    taken = min(there, of_surplus)
    lying = _shared(left_to_people(refunds), of_surplus - taken)
    lain = sum(each.unowed_minor for each in lying) - _unowed(refunds, lying)
    sent = [each for each in _of_surplus(refunds) if not _never_asked(each)]
    left = there - taken
    return Change(
        payment=payment,
        attempt=attempt,
        consequence=Consequence.TAKEN_BACK,
        surplus_gone_minor=taken + lain,
        lost_minor=gone - taken - lain,
        surplus_minor=left,
        surplus_reason=stopped[0].reason if left else None,
        stopped=stopped,
        refunds=(*lying, *_shared(sent, of_surplus - taken - lain)),
    )


def _unowed(refunds: Sequence[Refund], of: Sequence[Refund]) -> int:
    """What of some of the refunds was owed to nobody before they changed."""
    ids = {each.id for each in of}
    return sum(each.unowed_minor for each in refunds if each.id in ids)


def stop_unsent(refunds: Sequence[Refund], now: datetime) -> tuple[Refund, ...]:
    """The refunds of a surplus of which the channel has not heard, and never will."""
    return tuple(
        move(each, Settling.STOPPED, ended_at=now, next_inquiry_at=None)
        for each in _of_surplus(refunds)
        if _never_asked(each)
    )


def _never_asked(refund: Refund) -> bool:
    return refund.state is RefundState.PROCESSING and refund.asked_at is None


def _shared(refunds: Sequence[Refund], unowed: int) -> tuple[Refund, ...]:
    """The refunds of which so much more is owed to nobody (less than nothing: owed again), one after the other."""
    changed = []
    for refund in refunds:
        part = max(-refund.unowed_minor, min(unowed, refund.owed_minor))
        unowed -= part
        if part:
            changed.append(msgspec.structs.replace(refund, unowed_minor=refund.unowed_minor + part))
    return tuple(changed)
