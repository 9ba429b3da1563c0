"""Record outcomes of attempts: the one way in which a reply, a notice or an inquiry changes a payment."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.channels.api import AcceptedNotice, Channels
from tael.channels.port import Outcome
from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.events import Event
from tael.foundation.money import Money
from tael.ledger.api import Ledger
from tael.ledger.model import JournalEntry
from tael.payments import postings, rules, store
from tael.payments.errors import NoSuchAttempt
from tael.payments.events import PaymentCaptured, PaymentEnded, SurplusReceived
from tael.payments.model import Attempt, Payment
from tael.payments.rules import Change, Consequence, Pauses


class RecordOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was learnt of an attempt, and from whom: `channel:alipay` by notice, `janitor` by inquiry."""

    outcome: Outcome
    source: str
    channel: str
    notice_id: str | None = None


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """The payment and the attempt after the outcome."""

    payment: Payment
    attempt: Attempt


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What recording needs to know and to change besides payments."""

    ledger: Ledger
    channels: Channels
    pauses: Pauses
    now: datetime


async def record_outcomes(
    tx: Transaction, commands: Sequence[RecordOutcome], *, scene: Scene
) -> list[Recorded | Refusal]:
    """Each payment and attempt after its outcome, or `NoSuchAttempt`, `OutcomeMismatch`: then nothing is changed."""
    order_numbers = [command.outcome.order_number for command in commands]
    owners = await store.payment_ids_of_attempts(tx, order_numbers)
    payments = await store.lock_payments(tx, set(owners.values()))
    attempts = await store.find_attempts(tx, list(owners))
    known = await scene.channels.known_notices(tx, _notices(commands))

    results: list[Recorded | Refusal] = []
    changes: list[tuple[RecordOutcome, Change]] = []
    for command in commands:
        attempt = attempts.get(command.outcome.order_number)
        if attempt is None or attempt.channel != command.channel:
            results.append(NoSuchAttempt(f"There is no order {command.outcome.order_number[:64]!r}."))
            continue
        payment = payments[attempt.payment_id]
        if (command.channel, command.notice_id) in known:
            results.append(Recorded(payment=payment, attempt=attempt))
            continue
        change = rules.apply_outcome(
            payment,
            attempt,
            command.outcome,
            now=scene.now,
            pauses=scene.pauses,
            code_seconds=scene.channels.capabilities(attempt.channel).code_lifetime_seconds,
        )
        if isinstance(change, Refusal):
            results.append(change)
            continue
        payments[payment.id], attempts[attempt.id] = change.payment, change.attempt
        changes.append((command, change))
        results.append(Recorded(payment=change.payment, attempt=change.attempt))
    await _write(tx, changes, payments, attempts, scene)
    return results


async def _write(
    tx: Transaction,
    changes: Sequence[tuple[RecordOutcome, Change]],
    payments: Mapping[str, Payment],
    attempts: Mapping[str, Attempt],
    scene: Scene,
) -> None:
    """Write the last state of each row, the facts, the trail, and last the books."""
    consequences = [(command, change) for command, change in changes if change.consequence is not None]
    async with tx.together():
        await store.update_payments(tx, [payments[id] for id in {change.payment.id for _, change in changes}])
        await store.update_attempts(tx, [attempts[id] for id in {change.attempt.id for _, change in changes}])
        await scene.channels.remember_notices(tx, _notices([command for command, _ in changes]))
        await outbox.publish(tx, [_fact(change, scene.now) for _, change in consequences])
        await audit.record(tx, [_trail(command, change, scene.now) for command, change in consequences])
    await book(tx, scene.ledger, [change for _, change in consequences])


async def book(tx: Transaction, ledger: Ledger, changes: Sequence[Change]) -> None:
    """Post the entries of what was captured or came as a surplus."""
    entries: list[JournalEntry] = []
    accounts = {}
    for change in changes:
        if change.consequence is Consequence.ENDED:
            continue
        for spec in postings.accounts_of_payment(change.payment, change.attempt.channel):
            accounts[spec.name] = spec
        if change.consequence is Consequence.CAPTURED:
            fee = Money(change.payment.fee_minor, change.payment.currency)
            entries.append(postings.captured(change.payment, change.attempt, fee))
        else:
            entries.append(postings.surplus_received(change.payment, change.attempt))
    if entries:
        require(await ledger.open_accounts(tx, list(accounts.values())))
        require(await ledger.post(tx, entries))


def require(results: Sequence[object]) -> None:
    """Money that came in is always booked: a refusal here is a bug, and undoes the transaction."""
    for result in results:
        if isinstance(result, Refusal):
            raise RuntimeError(f"the books refuse what has happened: {result.message}") from result


def _notices(commands: Sequence[RecordOutcome]) -> list[AcceptedNotice]:
    return [
        AcceptedNotice(command.channel, command.notice_id, command.outcome.order_number)
        for command in commands
        if command.notice_id is not None
    ]


def _fact(change: Change, now: datetime) -> Event:
    payment, attempt = change.payment, change.attempt
    if change.consequence is Consequence.ENDED:
        return PaymentEnded(
            object_id=payment.id, happened_at=now, merchant_id=payment.merchant_id, state=payment.state
        )
    if change.surplus_reason is not None:
        return SurplusReceived(
            object_id=payment.id,
            happened_at=now,
            merchant_id=payment.merchant_id,
            attempt_id=attempt.id,
            amount_minor=attempt.amount_minor,
            currency=attempt.currency,
            reason=change.surplus_reason,
        )
    return PaymentCaptured(
        object_id=payment.id,
        happened_at=now,
        merchant_id=payment.merchant_id,
        attempt_id=attempt.id,
        amount_minor=payment.captured_minor,
        fee_minor=payment.fee_minor,
        currency=payment.currency,
    )


def _trail(command: RecordOutcome, change: Change, now: datetime) -> AuditEvent:
    return AuditEvent(
        happened_at=now,
        actor=command.source,
        action="payments.record_outcome",
        object_id=change.payment.id,
        result=change.consequence or "done",
    )
