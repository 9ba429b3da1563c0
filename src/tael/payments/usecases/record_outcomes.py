"""Record outcomes of attempts: the one way in which a reply, a notice or an inquiry changes a payment."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.channels.api import AcceptedNotice, Channels
from tael.channels.errors import NoSuchChannel
from tael.channels.port import Outcome
from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.events import Event
from tael.foundation.money import Money
from tael.foundation.sealing import Sealer
from tael.ledger.api import Ledger
from tael.ledger.model import JournalEntry
from tael.payments import postings, rules, store
from tael.payments.errors import NoSuchAttempt
from tael.payments.events import PaymentCaptured, PaymentEnded, SurplusReceived
from tael.payments.model import Attempt, Payment
from tael.payments.rules import Change, Consequence, Pauses
from tael.payments.usecases.payers import with_payer
from tael.routing.api import Routing
from tael.routing.model import Result


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
    routing: Routing
    sealer: Sealer
    pauses: Pauses
    now: datetime


async def record_outcomes(
    tx: Transaction, commands: Sequence[RecordOutcome], *, scene: Scene
) -> list[Recorded | Refusal]:
    """Each payment and attempt after its outcome, or `NoSuchAttempt`, `OutcomeMismatch`: then nothing is changed."""
    commands = await _with_order_numbers(tx, commands)
    owners = await store.payment_ids_of_attempts(tx, [each.outcome.order_number for each in commands])
    payments = await store.lock_payments(tx, set(owners.values()))
    families = await store.attempts_of(tx, list(payments))
    attempts = {each.id: each for family in families.values() for each in family}
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
            with_payer(scene.sealer, attempt, command.outcome),
            command.outcome,
            siblings=[attempts[each.id] for each in families[payment.id]],
            now=scene.now,
            pauses=scene.pauses,
            action_seconds=_lifetime(scene.channels, attempt),
        )
        if isinstance(change, Refusal):
            results.append(change)
            continue
        payments[payment.id], attempts[attempt.id] = change.payment, change.attempt
        changes.append((command, change))
        results.append(Recorded(payment=change.payment, attempt=change.attempt))
    await _write(tx, changes, payments, attempts, scene)
    return results


async def _with_order_numbers(tx: Transaction, commands: Sequence[RecordOutcome]) -> Sequence[RecordOutcome]:
    """Some channels know an order only by the number that they gave it (an account, an address): ours is looked up."""
    nameless: dict[str, list[str]] = {}
    for command in commands:
        if not command.outcome.order_number and command.outcome.channel_reference:
            nameless.setdefault(command.channel, []).append(command.outcome.channel_reference)
    if not nameless:
        return commands
    found = {
        channel: await store.find_attempts_by_reference(tx, channel, references)
        for channel, references in nameless.items()
    }
    return [
        command
        if command.outcome.order_number
        else msgspec.structs.replace(
            command,
            outcome=msgspec.structs.replace(
                command.outcome,
                order_number=found.get(command.channel, {}).get(command.outcome.channel_reference or "", ""),
            ),
        )
        for command in commands
    ]


def _lifetime(channels: Channels, attempt: Attempt) -> int:
    """How long the payer can use what the channel's answer holds; a day where nothing is said."""
    try:
        return channels.capabilities(attempt.channel).lifetime_seconds.get(attempt.product, 86_400)
    except NoSuchChannel:
        return 86_400


async def _write(
    tx: Transaction,
    changes: Sequence[tuple[RecordOutcome, Change]],
    payments: Mapping[str, Payment],
    attempts: Mapping[str, Attempt],
    scene: Scene,
) -> None:
    """Write the last state of each row, the facts, the trail, and last the books."""
    news = [(command, change) for command, change in changes if change.consequence or change.arrived_minor]
    async with tx.together():
        await store.update_payments(tx, [payments[id] for id in {change.payment.id for _, change in changes}])
        await store.update_attempts(tx, [attempts[id] for id in {change.attempt.id for _, change in changes}])
        await scene.channels.remember_notices(tx, _notices([command for command, _ in changes]))
        await outbox.publish(tx, [fact for _, change in news for fact in _facts(change, scene.now)])
        await audit.record(tx, [_trail(command, change, scene.now) for command, change in news])
        await scene.routing.learn(tx, _lessons(changes, scene.now))
    await book(tx, scene.ledger, [change for _, change in news])


def _lessons(changes: Sequence[tuple[RecordOutcome, Change]], now: datetime) -> list[Result]:
    """What the ends of attempts tell about their channels. A payer who walked away tells nothing."""
    ended = {change.attempt.id: change.attempt for _, change in changes if change.attempt.ended_at == now}
    return [
        Result(
            subject=attempt.id,
            succeeded=rules.tells_of_channel(attempt),
            error_class=attempt.error_class,
            seconds=(now - attempt.created_at).total_seconds(),
        )
        for attempt in ended.values()
    ]


async def book(tx: Transaction, ledger: Ledger, changes: Sequence[Change]) -> None:
    """Post the entries of what was captured or came as a surplus."""
    entries: list[JournalEntry] = []
    accounts = {}
    for change in changes:
        of_change = _entries(change)
        entries += of_change
        if of_change:
            for spec in postings.accounts_of_payment(change.payment, change.attempt.channel):
                accounts[spec.name] = spec
    if entries:
        require(await ledger.open_accounts(tx, list(accounts.values())))
        require(await ledger.post(tx, entries))


def _entries(change: Change) -> list[JournalEntry]:
    entries = []
    if change.arrived_minor:
        entries.append(postings.arrived(change.payment, change.attempt, change.arrived_minor))
    if change.consequence is Consequence.CAPTURED:
        fee = Money(change.payment.fee_minor, change.payment.currency)
        entries.append(postings.captured(change.payment, change.attempt, fee))
    if change.surplus_minor:
        entries.append(postings.surplus_received(change.payment, change.attempt, change.surplus_minor))
    return entries


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


def _facts(change: Change, now: datetime) -> list[Event]:
    payment, attempt = change.payment, change.attempt
    facts: list[Event] = []
    if change.consequence is Consequence.ENDED:
        facts.append(
            PaymentEnded(
                object_id=payment.id, happened_at=now, merchant_id=payment.merchant_id, state=payment.state
            )
        )
    if change.consequence is Consequence.CAPTURED:
        facts.append(
            PaymentCaptured(
                object_id=payment.id,
                happened_at=now,
                merchant_id=payment.merchant_id,
                attempt_id=attempt.id,
                amount_minor=payment.captured_minor,
                fee_minor=payment.fee_minor,
                currency=payment.currency,
            )
        )
    if change.surplus_reason is not None:
        facts.append(
            SurplusReceived(
                object_id=payment.id,
                happened_at=now,
                merchant_id=payment.merchant_id,
                attempt_id=attempt.id,
                amount_minor=change.surplus_minor,
                currency=attempt.currency,
                reason=change.surplus_reason,
                cause=postings.surplus_received(payment, attempt, change.surplus_minor).id,
            )
        )
    return facts


def _trail(command: RecordOutcome, change: Change, now: datetime) -> AuditEvent:
    return AuditEvent(
        happened_at=now,
        actor=command.source,
        action="payments.record_outcome",
        object_id=change.payment.id,
        result=change.consequence or "arrived",
    )
