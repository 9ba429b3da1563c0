"""Record outcomes of attempts: the one way in which a reply, a notice or an inquiry changes a payment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import structlog

from tael.channels.api import AcceptedNotice, Channels
from tael.channels.errors import NoSuchChannel
from tael.channels.port import Outcome, OutcomeState
from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.sealing import Sealer
from tael.ledger.api import Ledger
from tael.merchants.api import Merchants
from tael.offers.api import Offers
from tael.payments import rules, store
from tael.payments.errors import NoSuchAttempt
from tael.payments.events import AttemptEnded
from tael.payments.model import Attempt, HoldStep, Payment, PaymentState, Refund, RefundState, RefundWay
from tael.payments.rules import Change, Consequence, FeeOf, Pauses
from tael.payments.usecases.apply_offers import settle_offers
from tael.payments.usecases.book_changes import book, entries_of, open_accounts
from tael.payments.usecases.payers import to_be_asked, with_payer
from tael.payments.usecases.tell_changes import attempt_ended, facts_of
from tael.routing.api import Routing
from tael.routing.model import Result

log = structlog.get_logger("tael.payments")


class RecordOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was learnt of an attempt, and from whom: `channel:alipay` by notice, `janitor` by inquiry."""

    outcome: Outcome
    source: str
    channel: str
    notice_id: str | None = None
    asked_at: datetime | None = None
    """When the channel was asked; none if it spoke by itself."""


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
    merchants: Merchants
    offers: Offers
    now: datetime

    async def fees_of(self, payments: Iterable[Payment]) -> FeeOf:
        """What the platform takes of so much of one of these payments."""
        terms = await self.merchants.fee_terms(
            [payment.fee_terms_id for payment in payments if payment.fee_terms_id is not None]
        )
        return lambda payment, attempt, amount_minor: rules.fee_of(payment, attempt, amount_minor, terms)


async def record_outcomes(
    tx: Transaction, commands: Sequence[RecordOutcome], *, scene: Scene
) -> list[Recorded | Refusal]:
    """Each payment and attempt after its outcome, or `NoSuchAttempt`, `OutcomeMismatch`: then nothing is changed."""
    commands = await _with_order_numbers(tx, commands)
    owners = await store.payment_ids_of_attempts(tx, [each.outcome.order_number for each in commands])
    payments = await store.lock_payments(tx, set(owners.values()))
    families = await store.attempts_of(tx, list(payments))
    attempts = {each.id: each for family in families.values() for each in family}
    refunds = await _refunds_to_look_at(tx, commands, attempts)
    steps = await _steps_to_look_at(tx, payments)
    known = await scene.channels.known_notices(tx, _notices(commands))
    fee_of = await scene.fees_of(payments.values())

    results: list[Recorded | Refusal] = []
    changes: list[tuple[RecordOutcome, Change]] = []
    ended_later: list[AttemptEnded] = []
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
            refunds=[each for each in refunds.values() if each.attempt_id == attempt.id],
            asked_at=command.asked_at,
            now=scene.now,
            pauses=scene.pauses,
            action_seconds=_lifetime(scene.channels, attempt),
            steps=steps.get(payment.id, ()),
            holds_days=_holds_days(scene.channels, attempt),
            fee_of=fee_of,
        )
        if isinstance(change, Refusal):
            results.append(change)
            continue
        if command.asked_at is None:
            asked_about = to_be_asked(change.attempt, command.outcome, now=scene.now)
            change = msgspec.structs.replace(change, attempt=asked_about)
        if not change.payment.ended and rules.ended_later(attempt, change.attempt):
            ended_later.append(attempt_ended(change, scene.now))
        payments[payment.id], attempts[attempt.id] = change.payment, change.attempt
        refunds |= {refund.id: refund for refund in change.all_refunds}
        changes.append((command, change))
        if not attempt.live:
            _report_given_back(command, attempt, refunds.values())
        results.append(Recorded(payment=change.payment, attempt=change.attempt))
    await _write(tx, changes, payments, attempts, scene)
    await outbox.publish(tx, ended_later)
    return results


def _report_given_back(command: RecordOutcome, attempt: Attempt, refunds: Iterable[Refund]) -> None:
    """More was given back than by the refunds that we know of: people have to look at it.

    Of an order that has just been paid they are not known yet: it is looked at again.
    """
    theirs = command.outcome.given_back_in_all
    if theirs is None:
        return
    ours = [each for each in refunds if each.attempt_id == attempt.id and each.way is RefundWay.REFUND]
    known = sum(each.amount_minor for each in ours if each.state is not RefundState.FAILED)
    if known < theirs.minor:
        log.error("given_back_without_us", attempt=attempt.id, in_all=str(theirs), by_us_minor=known)


async def _refunds_to_look_at(
    tx: Transaction, commands: Sequence[RecordOutcome], attempts: Mapping[str, Attempt]
) -> dict[str, Refund]:
    """What was given back of attempts that have ended, if what has arrived may have changed, or all may have gone back."""
    ids = {command.outcome.order_number for command in commands if _may_change_the_end(command.outcome)}
    ended = [id for id in ids if id in attempts and not attempts[id].live]
    return await store.lock_refunds_of_attempts(tx, ended) if ended else {}


async def _steps_to_look_at(
    tx: Transaction, payments: Mapping[str, Payment]
) -> Mapping[str, Sequence[HoldStep]]:
    """The captures and increments of payments whose money is held."""
    held = [payment.id for payment in payments.values() if payment.state is PaymentState.AUTHORISED]
    return await store.steps_of(tx, held) if held else {}


def _may_change_the_end(outcome: Outcome) -> bool:
    return outcome.received is not None or outcome.voided or outcome.state is OutcomeState.SUCCEEDED


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


def _holds_days(channels: Channels, attempt: Attempt) -> int:
    try:
        return channels.capabilities(attempt.channel).holds_days
    except NoSuchChannel:
        return 1


async def _write(
    tx: Transaction,
    changes: Sequence[tuple[RecordOutcome, Change]],
    payments: dict[str, Payment],
    attempts: Mapping[str, Attempt],
    scene: Scene,
) -> None:
    """Write the last state of each row, the facts, the trail, and last the books."""
    news = [(command, change) for command, change in changes if change.consequence or change.arrived_minor]
    async with tx.together():
        await store.update_payments(tx, [payments[id] for id in {change.payment.id for _, change in changes}])
        await store.update_attempts(tx, [attempts[id] for id in {change.attempt.id for _, change in changes}])
        await store.insert_steps(
            tx, [change.step for _, change in news if change.step and change.step_is_new]
        )
        await store.insert_refunds(tx, [change.taken for _, change in news if change.taken])
        await store.update_refunds(tx, _last_of_each(change for _, change in news))
        await scene.channels.remember_notices(tx, _notices([command for command, _ in changes]))
        await outbox.publish(tx, [fact for _, change in news for fact in facts_of(change, scene.now)])
        await audit.record(
            tx, [_trail(command, change, scene.now) for command, change in news if _matters(change)]
        )
        await scene.routing.learn(tx, _lessons(changes, scene.now))
    await settle_offers(tx, scene.offers, [change for _, change in changes], scene.now)
    moving = [(change, entries) for _, change in news if (entries := entries_of(change))]
    if moving:
        await open_accounts(tx, scene.ledger, [(change.payment, change.attempt) for change, _ in moving])
        bookings = [booking for _, entries in moving for booking in entries]
        await book(tx, scene.ledger, scene.offers, bookings, payments)
    for command, change in news:
        if change.lost_minor or change.consequence is Consequence.VOIDED:
            log.error(
                "payment_reversed",
                what=change.consequence,
                payment=change.payment.id,
                attempt=change.attempt.id,
                lost_minor=change.lost_minor,
                source=command.source,
            )


def _last_of_each(changes: Iterable[Change]) -> list[Refund]:
    changed: dict[str, Refund] = {}
    for change in changes:
        changed |= {refund.id: refund for refund in change.all_refunds}
    return list(changed.values())


def _lessons(changes: Sequence[tuple[RecordOutcome, Change]], now: datetime) -> list[Result]:
    """What the ends of attempts tell about their channels. A payer who walked away tells nothing."""
    ended = {
        change.attempt.id: change.attempt
        for _, change in changes
        if change.consequence is Consequence.AUTHORISED
        or (change.attempt.ended_at == now and change.attempt.hold is None)
    }
    return [
        Result(
            subject=attempt.id,
            succeeded=rules.tells_of_channel(attempt),
            error_class=attempt.error_class,
            seconds=(now - attempt.created_at).total_seconds(),
        )
        for attempt in ended.values()
    ]


def _notices(commands: Sequence[RecordOutcome]) -> list[AcceptedNotice]:
    return [
        AcceptedNotice(command.channel, command.notice_id, command.outcome.order_number)
        for command in commands
        if command.notice_id is not None
    ]


def _matters(change: Change) -> bool:
    """That a payer has something to do is no business of the audit."""
    return change.consequence is not Consequence.ACTION_NEEDED


def _trail(command: RecordOutcome, change: Change, now: datetime) -> AuditEvent:
    return AuditEvent(
        happened_at=now,
        actor=command.source,
        action="payments.record_outcome",
        object_id=change.payment.id,
        result=change.consequence or "arrived",
    )
