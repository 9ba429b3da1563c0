"""Record outcomes of refunds: the one way in which a reply, a notice or an inquiry changes a refund."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from tael.channels.port import OutcomeState
from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.model import JournalEntry
from tael.payments import postings, rules, store
from tael.payments.errors import NoSuchRefund
from tael.payments.events import RefundFailed, RefundSucceeded
from tael.payments.model import Refund, RefundState
from tael.payments.usecases.record_outcomes import RecordOutcome, Scene, require
from tael.routing.model import Result

log = structlog.get_logger("tael.payments")


async def record_refund_outcomes(
    tx: Transaction, commands: Sequence[RecordOutcome], *, scene: Scene
) -> list[Refund | Refusal]:
    """Each refund after its outcome, or `NoSuchRefund`, `OutcomeMismatch`: then nothing is changed."""
    numbers = [command.outcome.refund_number or "" for command in commands]
    found = await store.find_refunds(tx, numbers)
    payments = await store.lock_payments(tx, {refund.payment_id for refund in found.values()})
    refunds = await store.find_refunds(tx, numbers)
    results: list[Refund | Refusal] = []
    ended: list[tuple[RecordOutcome, Refund]] = []
    for command, number in zip(commands, numbers, strict=True):
        refund = refunds.get(number)
        if refund is None or refund.channel != command.channel:
            results.append(NoSuchRefund(f"There is no refund {number[:64]!r}."))
            continue
        change = rules.apply_refund_outcome(
            payments[refund.payment_id], refund, command.outcome, now=scene.now, pauses=scene.pauses
        )
        if isinstance(change, Refusal):
            results.append(change)
            continue
        payments[refund.payment_id], after = change
        if refund.state is RefundState.FAILED and command.outcome.state is OutcomeState.SUCCEEDED:
            log.error("refund_contradicted", refund=refund.id, source=command.source)
        if after.ended and not refund.ended:
            ended.append((command, after))
        refunds[number] = after
        results.append(after)
    await store.update_refunds(tx, list(refunds.values()))
    await store.update_payments(tx, [payments[id] for id in {refund.payment_id for _, refund in ended}])
    await outbox.publish(tx, [_fact(refund, scene.now) for _, refund in ended])
    await audit.record(tx, [_trail(command, refund, scene.now) for command, refund in ended])
    await scene.routing.learn(tx, [_lesson(refund, scene.now) for _, refund in ended])
    entries = [_entry(refund) for _, refund in ended]
    require(await scene.ledger.post(tx, entries) if entries else [])
    return results


def _lesson(refund: Refund, now: datetime) -> Result:
    return Result(
        subject=refund.id,
        succeeded=refund.state is RefundState.SUCCEEDED,
        seconds=(now - refund.created_at).total_seconds(),
    )


def _entry(refund: Refund) -> JournalEntry:
    succeeded = refund.state is RefundState.SUCCEEDED
    return (
        postings.refund_succeeded(refund, refund.channel)
        if succeeded
        else postings.refund_failed(refund, refund.channel)
    )


def _fact(refund: Refund, now: datetime) -> RefundSucceeded | RefundFailed:
    if refund.state is RefundState.SUCCEEDED:
        return RefundSucceeded(
            object_id=refund.payment_id,
            happened_at=now,
            merchant_id=refund.merchant_id,
            refund_id=refund.id,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
        )
    return RefundFailed(
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
    )


def _trail(command: RecordOutcome, refund: Refund, now: datetime) -> AuditEvent:
    return AuditEvent(
        happened_at=now,
        actor=command.source,
        action="payments.record_refund_outcome",
        object_id=refund.id,
        result=str(refund.state),
    )
