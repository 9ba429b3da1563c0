"""Record outcomes of refunds: the one way in which a reply, a notice or an inquiry changes a refund."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.events import Event
from tael.payments import postings, rules, store
from tael.payments.errors import NoSuchRefund
from tael.payments.events import RefundFailed, SurplusReceived
from tael.payments.model import Payment, Refund, RefundState
from tael.payments.rules import RefundChange
from tael.payments.usecases.book_changes import book, entries_of_refund
from tael.payments.usecases.record_outcomes import RecordOutcome, Scene
from tael.payments.usecases.tell_changes import refund_succeeded
from tael.routing.model import Result

log = structlog.get_logger("tael.payments")


async def record_refund_outcomes(
    tx: Transaction, commands: Sequence[RecordOutcome], *, scene: Scene
) -> list[Refund | Refusal]:
    """Each refund after its outcome, or `NoSuchRefund`, `OutcomeMismatch`: then nothing is changed."""
    numbers = [command.outcome.refund_number or "" for command in commands]
    found = await store.find_refunds(tx, numbers)
    payments = await store.lock_payments(tx, {refund.payment_id for refund in found.values()})
    attempts = await store.find_attempts(tx, [refund.attempt_id for refund in found.values()])
    refunds = await store.lock_refunds_of_attempts(tx, attempts)
    results: list[Refund | Refusal] = []
    news: list[tuple[RecordOutcome, Refund, RefundChange]] = []
    for command, number in zip(commands, numbers, strict=True):
        refund = refunds.get(number)
        if refund is None or refund.channel != command.channel:
            results.append(NoSuchRefund(f"There is no refund {number[:64]!r}."))
            continue
        change = rules.apply_refund_outcome(
            payments[refund.payment_id],
            refund,
            command.outcome,
            attempt=attempts[refund.attempt_id],
            rivals=[
                each
                for each in refunds.values()
                if each.attempt_id == refund.attempt_id and each.id != refund.id
            ],
            asked_at=command.asked_at,
            now=scene.now,
            pauses=scene.pauses,
        )
        if isinstance(change, Refusal):
            results.append(change)
            continue
        payments[refund.payment_id] = change.payment
        refunds |= {each.id: each for each in (change.refund, *change.rivals)}
        news.append((command, refund, change))
        results.append(change.refund)
    await _write(tx, news, payments, refunds, scene)
    return results


async def _write(
    tx: Transaction,
    news: Sequence[tuple[RecordOutcome, Refund, RefundChange]],
    payments: dict[str, Payment],
    refunds: dict[str, Refund],
    scene: Scene,
) -> None:
    """Write the last state of each row, the facts, the trail, and last the books."""
    changed = {each.id for _, _, change in news for each in (change.refund, *change.rivals)}
    ended = [one for one in news if one[2].refund.ended and one[2].refund.state is not one[1].state]
    await store.update_refunds(tx, [refunds[id] for id in changed])
    await store.update_payments(tx, [payments[id] for id in {refund.payment_id for _, refund, _ in ended}])
    await outbox.publish(tx, [fact for _, _, change in ended for fact in _facts(change, scene.now)])
    await audit.record(tx, [_trail(command, change.refund, scene.now) for command, _, change in ended])
    await scene.routing.learn(
        tx, [_lesson(change.refund, scene.now) for _, before, change in ended if not before.ended]
    )
    bookings = [booking for _, before, change in ended for booking in entries_of_refund(before, change)]
    await book(tx, scene.ledger, scene.offers, bookings, payments)
    for command, before, change in news:
        _report(command, before, change.refund)


def _report(command: RecordOutcome, before: Refund, after: Refund) -> None:
    """A channel that contradicts itself is for people to look at."""
    if after.reversals != before.reversals:
        log.error(
            "refund_reversed",
            refund=after.id,
            state=after.state,
            unowed_minor=after.unowed_minor,
            source=command.source,
        )
    elif after.doubted_at is not None and before.doubted_at is None:
        log.warning("refund_contradicted", refund=after.id, state=after.state, source=command.source)


def _lesson(refund: Refund, now: datetime) -> Result:
    return Result(
        subject=refund.id,
        succeeded=refund.state is RefundState.SUCCEEDED,
        seconds=(now - refund.created_at).total_seconds(),
    )


def cause_of_rest(change: RefundChange) -> str:
    """The entry by which the rest of what was stopped is owed to the payer again."""
    stopped = change.rivals[-1]
    return postings.refund_failed(stopped).id


def _facts(change: RefundChange, now: datetime) -> list[Event]:
    refund = change.refund
    if refund.state is RefundState.FAILED:
        return [
            RefundFailed(
                object_id=refund.payment_id,
                happened_at=now,
                merchant_id=refund.merchant_id,
                attempt_id=refund.attempt_id,
                refund_id=refund.id,
                reason=refund.reason,
                amount_minor=refund.amount_minor,
                currency=refund.currency,
                channel_code=refund.channel_code,
                cause=refund.cause,
                owed_minor=refund.owed_minor,
            )
        ]
    gone = refund_succeeded(refund, now)
    if not change.surplus_minor:
        return [gone]
    left = SurplusReceived(
        object_id=refund.payment_id,
        happened_at=now,
        merchant_id=refund.merchant_id,
        attempt_id=refund.attempt_id,
        amount_minor=change.surplus_minor,
        currency=refund.currency,
        reason=refund.reason,
        cause=cause_of_rest(change),
    )
    return [gone, left]


def _trail(command: RecordOutcome, refund: Refund, now: datetime) -> AuditEvent:
    return AuditEvent(
        happened_at=now,
        actor=command.source,
        action="payments.record_refund_outcome",
        object_id=refund.id,
        result=str(refund.state),
    )
