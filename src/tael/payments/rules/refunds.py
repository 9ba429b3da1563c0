"""What does an outcome do to a refund? No input, no output, no clock.

| the channel says | a refund that is not settled | that succeeded | that failed |
|---|---|---|---|
| succeeded | succeeded | stays | contradicted |
| failed    | failed; succeeded, if the order was ended and given back in all | contradicted | stays |
| absent    | asked for again, under the same number, which gives the money back at most once | stays | stays |
| any other | unknown, inquired again | stays | stays |

A contradicted refund stays as it is until the channel says the same again on being asked once more. Then it is believed:

* It had succeeded, and failed: the money came back to us (the payer's account is closed). It goes back to where it was
  taken from; a surplus is sent anew.
* It had failed, and succeeded: the money has gone. A refund that was made in its place is stopped if the channel has not
  heard of it. Otherwise the money has gone twice: it is charged to nobody, and to be recovered. While the news that the
  refund had failed is still on its way to where a new one is made, it is waited for.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.channels.port import Outcome, OutcomeState, Pauses, inquire_at, said_again
from tael.payments.errors import OutcomeMismatch
from tael.payments.model import Attempt, Payment, Refund, RefundReason, RefundState, RefundWay
from tael.payments.rules.arrivals import left_to_people, stop_unsent, surplus_on_its_way
from tael.payments.rules.changes import RefundChange
from tael.payments.rules.fees import fee_returned
from tael.payments.rules.lifecycle import Settling, move
from tael.payments.rules.mismatch import why_mismatched


def apply_refund_outcome(
    payment: Payment,
    refund: Refund,
    outcome: Outcome,
    *,
    attempt: Attempt,
    rivals: Sequence[Refund] = (),
    asked_at: datetime | None = None,
    now: datetime,
    pauses: Pauses,
) -> RefundChange | OutcomeMismatch:
    """What an outcome makes of a refund: the table at the top of this file.

    attempt   whose money goes back
    rivals    the other refunds of the same attempt
    asked_at  when the channel was asked; none if it spoke by itself
    """
    mismatch = why_mismatched(outcome, refund.amount_minor, refund.currency)
    if mismatch is not None:
        return mismatch
    given_back_anyway = attempt.voided and refund.way is RefundWay.REFUND
    if refund.ended:
        if given_back_anyway:
            sure = msgspec.structs.replace(refund, doubted_at=None, next_inquiry_at=None)
            return RefundChange(payment=payment, refund=sure)
        return _after_its_end(
            payment, refund, outcome, attempt, rivals, asked_at=asked_at, now=now, pauses=pauses
        )
    if outcome.state in (OutcomeState.SUCCEEDED, OutcomeState.FAILED):
        succeeded = outcome.state is OutcomeState.SUCCEEDED or given_back_anyway
        ended = move(
            refund,
            Settling.DONE if succeeded else Settling.REFUSED,
            ended_at=now,
            next_inquiry_at=None,
            channel_code=outcome.code,
        )
        payment = _settle(payment, refund, succeeded=succeeded)
        if succeeded:
            return RefundChange(payment=payment, refund=ended)
        return _owing_less(payment, ended, rivals)
    absent = outcome.state is OutcomeState.ABSENT
    unsettled = move(
        refund,
        Settling.ASK_AGAIN if absent else Settling.NOT_KNOWN,
        inquiries=refund.inquiries + 1,
        next_inquiry_at=inquire_at(refund.inquiries, pauses.unknown, now),
        channel_code=outcome.code or refund.channel_code,
    )
    return RefundChange(payment=payment, refund=unsettled)


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


def _after_its_end(
    payment: Payment,
    refund: Refund,
    outcome: Outcome,
    attempt: Attempt,
    rivals: Sequence[Refund],
    *,
    asked_at: datetime | None,
    now: datetime,
    pauses: Pauses,
) -> RefundChange:
    succeeded = refund.state is RefundState.SUCCEEDED
    contradicts = outcome.state is (OutcomeState.FAILED if succeeded else OutcomeState.SUCCEEDED)
    waits = (
        not succeeded and refund.cause is not None and surplus_on_its_way(payment, attempt, (*rivals, refund))
    )
    if contradicts and not waits and said_again(refund.doubted_at, asked_at):
        changed = move(
            refund,
            Settling.UNDONE if succeeded else Settling.DONE_AFTER_ALL,
            ended_at=now,
            next_inquiry_at=None,
            doubted_at=None,
            inquiries=0,
            reversals=refund.reversals + 1,
            channel_code=outcome.code,
        )
        return (
            _returned(payment, changed, rivals)
            if succeeded
            else _gone_after_all(payment, refund, changed, rivals, now)
        )
    if refund.doubted_at is None and not contradicts:
        return RefundChange(payment=payment, refund=refund)
    agrees = outcome.state is (OutcomeState.SUCCEEDED if succeeded else OutcomeState.FAILED)
    if agrees or (outcome.state is OutcomeState.ABSENT and not succeeded):
        sure = msgspec.structs.replace(refund, doubted_at=None, next_inquiry_at=None)
        return RefundChange(payment=payment, refund=sure)
    inquiries = refund.inquiries if refund.doubted_at is not None else 0
    doubted = msgspec.structs.replace(
        refund,
        doubted_at=refund.doubted_at or now,
        inquiries=inquiries + 1,
        next_inquiry_at=inquire_at(inquiries, pauses.unknown, now),
    )
    return RefundChange(payment=payment, refund=doubted)


def _returned(payment: Payment, refund: Refund, rivals: Sequence[Refund]) -> RefundChange:
    """What had gone back came back to us."""
    if refund.reason is RefundReason.MERCHANT and refund.owed_minor:
        payment = _not_refunded(payment, refund)
    return _owing_less(payment, refund, rivals)


def _owing_less(payment: Payment, refund: Refund, rivals: Sequence[Refund]) -> RefundChange:
    """The money of a surplus is here again. What the payer got elsewhere without being owed it is not sent once more."""
    if refund.cause is None:
        return RefundChange(payment=payment, refund=refund)
    changed = []
    for rival in rivals:
        if rival.cause is None or rival.state is RefundState.FAILED:
            continue
        part = min(refund.owed_minor, rival.unowed_minor)
        if part:
            refund = msgspec.structs.replace(refund, unowed_minor=refund.unowed_minor + part)
            changed.append(msgspec.structs.replace(rival, unowed_minor=rival.unowed_minor - part))
    return RefundChange(payment=payment, refund=refund, rivals=tuple(changed))


def _gone_after_all(
    payment: Payment, before: Refund, refund: Refund, rivals: Sequence[Refund], now: datetime
) -> RefundChange:
    """The money has gone to the payer although the channel had refused."""
    if refund.cause is None:
        if refund.amount_minor > payment.refundable_minor:
            return RefundChange(payment=payment, refund=charged_to_nobody(refund))
        fee_minor = fee_returned(payment, refund.amount_minor)
        payment = msgspec.structs.replace(
            payment,
            refunded_minor=payment.refunded_minor + refund.amount_minor,
            fee_returned_minor=payment.fee_returned_minor + fee_minor,
        )
        refund = msgspec.structs.replace(refund, fee_returned_minor=fee_minor, unowed_minor=0)
        return RefundChange(payment=payment, refund=refund)
    return _gone_out_of_the_surplus(payment, before, refund, rivals, now)


def _gone_out_of_the_surplus(
    payment: Payment, before: Refund, refund: Refund, rivals: Sequence[Refund], now: datetime
) -> RefundChange:
    """Out of what was left of it to people; else out of what the channel has not heard of, and for a cause of its own."""
    left_of_it = [each for each in left_to_people((*rivals, before)) if each.cause == refund.cause]
    stopped = () if left_of_it else stop_unsent(rivals, now)
    there = sum(each.owed_minor for each in left_of_it or stopped)
    refund = msgspec.structs.replace(
        refund,
        unowed_minor=max(0, refund.amount_minor - there),
        cause=refund.cause if left_of_it else f"{refund.id}:taken:{refund.reversals}",
    )
    left = 0 if left_of_it else max(0, there - refund.amount_minor)
    return RefundChange(payment=payment, refund=refund, rivals=stopped, surplus_minor=left)


def charged_to_nobody(refund: Refund) -> Refund:
    """A refund that neither the merchant's balance nor what was captured covers: the platform has to recover it."""
    return msgspec.structs.replace(refund, unowed_minor=refund.amount_minor, fee_returned_minor=0)


def not_charged(payment: Payment, refund: Refund) -> Payment:
    """The payment whose refund was charged to nobody: as if it had not gone out of it.

    What the channel gave back by itself has gone to the payer all the same. It can never be refunded again: that would
    move no money, and the channel's refusal could not be told from that of a refund that it had given back already.
    """
    if refund.reason is RefundReason.VOIDED:
        fee_minor = payment.fee_returned_minor - refund.fee_returned_minor
        return msgspec.structs.replace(payment, fee_returned_minor=fee_minor)
    return _not_refunded(payment, refund)


def _not_refunded(payment: Payment, refund: Refund) -> Payment:
    return msgspec.structs.replace(
        payment,
        refunded_minor=payment.refunded_minor - refund.amount_minor,
        fee_returned_minor=payment.fee_returned_minor - refund.fee_returned_minor,
    )
