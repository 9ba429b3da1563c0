"""Record outcomes of captures and increments: the one way in which what a channel says of them changes anything."""

from collections.abc import Sequence

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.payments import rules, store
from tael.payments.errors import NoSuchStep
from tael.payments.model import HoldStep, Payment
from tael.payments.rules import Change
from tael.payments.usecases.book_changes import book, entries_of, open_accounts
from tael.payments.usecases.record_outcomes import RecordOutcome, Scene
from tael.payments.usecases.tell_changes import facts_of


async def record_step_outcomes(
    tx: Transaction, commands: Sequence[RecordOutcome], *, scene: Scene
) -> list[HoldStep | Refusal]:
    """Each capture or increment after its outcome, or `NoSuchStep`, `OutcomeMismatch`: then nothing is changed."""
    numbers = [command.outcome.step_number or "" for command in commands]
    found = await store.find_steps(tx, numbers)
    payments = await store.lock_payments(tx, {step.payment_id for step in found.values()})
    steps = await store.find_steps(tx, list(found))
    attempts = await store.find_attempts(tx, [step.attempt_id for step in found.values()])
    fee_of = await scene.fees_of(payments.values())
    results: list[HoldStep | Refusal] = []
    news: list[tuple[RecordOutcome, Change]] = []
    for command, number in zip(commands, numbers, strict=True):
        step = steps.get(number)
        if step is None or step.channel != command.channel:
            results.append(NoSuchStep(f"There is no capture or increment {number[:64]!r}."))
            continue
        if step.ended:
            results.append(step)
            continue
        change = rules.apply_step_outcome(
            payments[step.payment_id],
            attempts[step.attempt_id],
            step,
            command.outcome,
            now=scene.now,
            pauses=scene.pauses,
            fee_of=fee_of,
        )
        if isinstance(change, Refusal) or change.step is None:
            results.append(change if isinstance(change, Refusal) else step)
            continue
        payments[step.payment_id], attempts[step.attempt_id] = change.payment, change.attempt
        steps[number] = change.step
        news.append((command, change))
        results.append(change.step)
    await _write(tx, news, payments, steps, scene)
    return results


async def _write(
    tx: Transaction,
    news: Sequence[tuple[RecordOutcome, Change]],
    payments: dict[str, Payment],
    steps: dict[str, HoldStep],
    scene: Scene,
) -> None:
    """Write the last state of each row, the facts, the trail, and last the books."""
    changes = [change for _, change in news]
    await store.update_payments(tx, [payments[id] for id in {change.payment.id for change in changes}])
    await store.update_attempts(
        tx, list({change.attempt.id: change.attempt for change in changes if change.step}.values())
    )
    await store.update_steps(tx, [steps[id] for id in {change.step.id for change in changes if change.step}])
    await outbox.publish(tx, [fact for change in changes for fact in facts_of(change, scene.now)])
    await audit.record(tx, [_trail(command, change, scene) for command, change in news if _ended(change)])
    bookings = [booking for change in changes for booking in entries_of(change)]
    if bookings:
        await open_accounts(tx, scene.ledger, [(change.payment, change.attempt) for change in changes])
        await book(tx, scene.ledger, scene.offers, bookings, payments)


def _ended(change: Change) -> bool:
    return change.step is not None and change.step.ended


def _trail(command: RecordOutcome, change: Change, scene: Scene) -> AuditEvent:
    step = change.step
    return AuditEvent(
        happened_at=scene.now,
        actor=command.source,
        action=f"payments.record_{step.kind}_outcome" if step else "payments.record_outcome",
        object_id=change.payment.id,
        result=str(step.state) if step else "",
    )
