"""Record outcomes: the one way in which a reply, a notice or an inquiry changes a payout."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from tael.channels.port import ErrorClass, Outcome, OutcomeState, Pauses
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.api import Ledger
from tael.ledger.model import AccountSpec, JournalEntry
from tael.payouts import postings, rules, store
from tael.payouts.errors import NoSuchPayout
from tael.payouts.model import Leg, LegState, Payout
from tael.payouts.rules import Change
from tael.payouts.usecases.begin_legs import subject_of
from tael.payouts.usecases.tell_changes import tell
from tael.routing.api import Routing
from tael.routing.model import Result

log = structlog.get_logger("tael.payouts")


class RecordOutcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a channel said of a payout."""

    outcome: Outcome
    channel: str
    source: str
    asked_at: datetime | None = None
    """When it was asked; none if it spoke by itself."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What recording needs beside the database."""

    ledger: Ledger
    routing: Routing
    pauses: Pauses
    now: datetime


async def record_outcomes(
    tx: Transaction, commands: Sequence[RecordOutcome], *, scene: Scene
) -> list[tuple[Payout, Leg] | Refusal]:
    """Each payout with the leg over that channel after its outcome, or `NoSuchPayout`, `PayoutMismatch`."""
    payouts = await store.lock(tx, {command.outcome.payout_number or "" for command in commands})
    legs = {
        (leg.payout_id, leg.channel): leg
        for each in (await store.legs_of(tx, payouts)).values()
        for leg in each
    }
    results: list[tuple[Payout, Leg] | Refusal] = []
    news: list[tuple[RecordOutcome, Leg, Change]] = []
    for command in commands:
        number = command.outcome.payout_number or ""
        leg = legs.get((number, command.channel))
        if leg is None:
            results.append(NoSuchPayout(f"{command.channel} was given no payout {number[:64]!r}."))
            continue
        change = rules.apply_outcome(
            payouts[number],
            leg,
            command.outcome,
            others=[each for (id, channel), each in legs.items() if id == number and channel != leg.channel],
            asked_at=command.asked_at,
            now=scene.now,
            pauses=scene.pauses,
        )
        if isinstance(change, Refusal):
            results.append(change)
            continue
        payouts[number] = change.payout
        legs[number, command.channel] = change.leg
        if change.owed is not None:
            legs[number, change.owed.channel] = change.owed
        news.append((command, leg, change))
        results.append((change.payout, change.leg))
    await _write(tx, news, payouts, legs, scene)
    return results


async def _write(
    tx: Transaction,
    news: Sequence[tuple[RecordOutcome, Leg, Change]],
    payouts: dict[str, Payout],
    legs: dict[tuple[str, str], Leg],
    scene: Scene,
) -> None:
    """Write the last state of each row, the facts, the trail, and last the books."""
    changed = {
        (leg.payout_id, leg.channel)
        for _, _, change in news
        for leg in (change.leg, change.owed)
        if leg is not None
    }
    await store.update(tx, [payouts[id] for id in sorted({id for id, _ in changed})])
    await store.update_legs(tx, [legs[key] for key in sorted(changed)])
    for command, _, change in news:
        if change.fact is not None:
            await tell(
                tx,
                change.payout,
                change.fact,
                channel=change.owed.channel if change.owed is not None else command.channel,
                nth=change.leg.reversals,
                now=scene.now,
                source=command.source,
            )
    await scene.routing.learn(
        tx, [_lesson(change.leg, scene.now) for _, before, change in news if _has_ended(before, change.leg)]
    )
    await _book(tx, scene.ledger, [change for _, _, change in news])
    for command, before, change in news:
        _report(command, before, change)


async def _book(tx: Transaction, ledger: Ledger, changes: Sequence[Change]) -> None:
    entries: list[JournalEntry] = []
    accounts: dict[tuple[str, str], AccountSpec] = {}
    for change in changes:
        if change.went:
            entries.append(postings.went(change.payout, change.leg))
        if change.came_back:
            entries.append(postings.came_back(change.payout, change.leg))
        if change.owed is not None:
            entries.append(postings.owed_after_all(change.payout, change.owed))
        if change.went or change.came_back:
            accounts |= {spec.name: spec for spec in postings.accounts_of(change.payout, change.leg)}
    if not entries:
        return
    results = [*await ledger.open_accounts(tx, list(accounts.values())), *await ledger.post(tx, entries)]
    for result in results:
        if isinstance(result, Refusal):
            raise RuntimeError(f"the books refuse what has happened: {result.message}") from result


def _has_ended(before: Leg, after: Leg) -> bool:
    return after.ended and not before.ended


def _lesson(leg: Leg, now: datetime) -> Result:
    succeeded = leg.state is LegState.SUCCEEDED
    payees_own = not succeeded and leg.error_class in (ErrorClass.PAYER, ErrorClass.REQUEST)
    return Result(
        subject=subject_of(leg.payout_id, leg.nth),
        succeeded=None if payees_own else succeeded,
        error_class=None if succeeded else leg.error_class,
        seconds=(now - leg.begun_at).total_seconds(),
    )


def _report(command: RecordOutcome, before: Leg, change: Change) -> None:
    """A channel that contradicts itself is for people to look at."""
    leg = change.leg
    if change.contradiction:
        log.error(
            "payout_reversed",
            payout=leg.payout_id,
            channel=leg.channel,
            state=leg.state,
            unowed=leg.unowed,
            source=command.source,
        )
    elif leg.doubted_at is not None and before.doubted_at is None:
        log.warning("payout_contradicted", payout=leg.payout_id, channel=leg.channel, source=command.source)


def doubted(outcome: Outcome, refusal: Refusal) -> Outcome:
    """An answer that contradicts our payout is no answer: it is asked for again."""
    return Outcome(
        state=OutcomeState.UNKNOWN,
        payout_number=outcome.payout_number,
        code=outcome.code,
        message=refusal.message,
        error_class=ErrorClass.TRUST,
    )
