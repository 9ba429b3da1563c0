"""What does every change of a standing go through? The row is locked, what is over is taken out, and all of it is told.

A change begins with the row of its user, locked; it ends with the row, a line of history, and the facts, in one transaction.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from tael.foundation import outbox
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Transaction
from tael.standing import store
from tael.standing.errors import StandingClosed
from tael.standing.events import RestrictionLifted, StandingChanged, StandingEvent
from tael.standing.model import (
    AccountClass,
    AccountClasses,
    Adjustments,
    Deadlines,
    Dormancy,
    InForce,
    Kept,
    PersonalLimits,
    Reason,
    Spans,
    as_told,
)
from tael.standing.rules import table
from tael.standing.rules.classes import steps_of

PLATFORM = "platform"
"""Who acts when nobody does."""
Confirms = Callable[[Transaction, str, str, bytes], Awaitable[None]]
"""Uses a confirmation once: of whoever is signed in so, by its id, of an act with this digest; raises why it cannot."""

Groups = Callable[[datetime], Mapping[str, str]]
"""Of each source its group at a moment: those of one group rest on the same knowledge. Read in a transaction: asks nobody."""


class Desk(msgspec.Struct, frozen=True):
    """What standings need to know of the world."""

    clock: Clock
    rules: DatedRules
    confirms: Confirms
    groups: Groups

    def classes(self, at: datetime) -> AccountClasses:
        """The account classes in force then."""
        return self.rules.read("standing.account_classes", AccountClasses, at=at)

    def limits(self, at: datetime) -> PersonalLimits:
        """The personal limits in force then."""
        return self.rules.read("standing.personal_limits", PersonalLimits, at=at)

    def deadlines(self, at: datetime) -> Deadlines:
        """Until when people are answered."""
        return self.rules.read("standing.deadlines", Deadlines, at=at)

    def spans(self, at: datetime) -> Spans:
        """How long some restrictions hold."""
        return self.rules.read("standing.restriction_spans", Spans, at=at)

    def dormancy(self, at: datetime) -> Dormancy:
        """When an account that nobody uses is suspended."""
        return self.rules.read("standing.dormancy", Dormancy, at=at)

    def adjustments(self, at: datetime) -> Adjustments:
        """What the platform does by itself."""
        return self.rules.read("standing.adjustments", Adjustments, at=at)


class Change:
    """One user's standing, while it changes."""

    def __init__(self, before: Kept, now: datetime) -> None:
        self.before = before
        self.now = now
        self.kept, self.over = table.turned(before, now)
        self.told: list[StandingEvent] = [lifted(each, self, Reason.OVER) for each in self.over]

    @property
    def user_id(self) -> str:
        """Whose it is."""
        return self.before.user_id

    @property
    def version(self) -> int:
        """Of the row after this change."""
        return self.before.version + 1


async def begin(desk: Desk, tx: Transaction, user_id: str, *, also_closed: bool = False) -> Change:
    """A change of one user's standing; refuses `NoStanding`, `StandingClosed`."""
    change = Change(await store.lock(tx, user_id), desk.clock.now())
    if change.before.closed_at is not None and not also_closed:
        raise StandingClosed("The account is closed.")
    return change


async def finish(
    tx: Transaction, change: Change, *, actor: str, what: str, reason: Reason, about: str | None = None
) -> Kept:
    """Write a change down, and tell of it."""
    now = change.now
    after = msgspec.structs.replace(
        change.kept,
        version=change.version,
        account_class=change.kept.class_at(now),
        state=table.state_at(change.kept, now),
    )
    if change.over:
        await store.end_restrictions(tx, [each.id for each in change.over])
    await store.save(tx, after, next_change_at=table.next_change(after, now))
    await store.insert_history(tx, after, at=now, actor=actor, what=what, reason=reason, about=about)
    changed = _changed(change.before, after, reason=reason, now=now)
    await outbox.publish(tx, change.told if changed is None else [changed, *change.told])
    return after


async def classify(desk: Desk, tx: Transaction, change: Change) -> None:
    """Find out which class the evidence gives now, and until when."""
    kept = change.kept
    person = await store.person_beside(tx, kept.user_id, kept.person)
    steps = steps_of(
        await store.list_evidence(tx, kept.user_id),
        person=person,
        classes=desk.classes(change.now),
        groups=desk.groups(change.now),
        now=change.now,
    )
    opens = kept.account_opened_at is None and steps[0].account_class is not AccountClass.NONE
    change.kept = msgspec.structs.replace(
        kept,
        steps=steps,
        account_opened_at=change.now if opens else kept.account_opened_at,
        quiet_since=change.now if opens else kept.quiet_since,
    )


def lifted(restriction: InForce, change: Change, reason: Reason) -> RestrictionLifted:
    """The fact that something was given back, as its user may hear it."""
    told = as_told(restriction)
    return RestrictionLifted(
        object_id=change.user_id,
        happened_at=change.now,
        version=change.version,
        restriction_id=told.id,
        kind=told.kind,
        takes=told.takes,
        reason=reason,
        amount_minor=told.amount_minor,
        currency=told.currency,
    )


def _changed(before: Kept, after: Kept, *, reason: Reason, now: datetime) -> StandingChanged | None:
    limits = {name: each.most for name, each in after.limits.items() if before.limits.get(name) != each}
    same = (before.account_class, before.state, before.grants) == (
        after.account_class,
        after.state,
        after.grants,
    )
    if same and not limits:
        return None
    return StandingChanged(
        object_id=after.user_id,
        happened_at=now,
        version=after.version,
        account_class=after.account_class,
        account_class_before=before.account_class,
        state=after.state,
        state_before=before.state,
        limits=limits,
        reason=reason,
    )
