"""The verbs of standing: say what users may do, take and give, and answer what users and staff ask.

Verbs that take a transaction belong into the one in which something else happens: who moves money asks in the transaction
that moves it, and who verifies records the evidence in the transaction that has it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import CHINA, Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.standing import store
from tael.standing.errors import ConfirmationNeeded, NoStanding
from tael.standing.model import (
    AccountClass,
    InForce,
    Kept,
    Known,
    NewRestriction,
    Permission,
    Presence,
    Reason,
    Restriction,
    Signal,
    as_shown,
)
from tael.standing.rules import table
from tael.standing.rules.phrases import (
    answer_in_words,
    limits_in_words,
    permissions_in_words,
    reason_in_words,
)
from tael.standing.store import RestrictionFilter
from tael.standing.usecases import (
    adjust,
    evidence,
    forgetting,
    objections,
    proposed,
    requests,
    restrictions,
    rounds,
    signals,
)
from tael.standing.usecases.commands import (
    ACTIONS,
    AnswerObjection,
    Ask,
    Command,
    DecideProposal,
    DecideRequest,
    Freeze,
    LiftRestriction,
    Object,
    ProposeLift,
    ReportSignal,
    ReviewRestriction,
    SetRestriction,
    TakeBack,
    Thaw,
)
from tael.standing.usecases.desk import PLATFORM, Confirms, Desk, Groups, begin, finish
from tael.standing.usecases.look import Reads
from tael.standing.usecases.restrictions import digest_of_thaw
from tael.standing.usecases.signals import reported_in

__all__ = [
    "ACTIONS",
    "AnswerObjection",
    "Ask",
    "Command",
    "Confirms",
    "DecideProposal",
    "DecideRequest",
    "Freeze",
    "Groups",
    "LiftRestriction",
    "Object",
    "ProposeLift",
    "ReportSignal",
    "RestrictionFilter",
    "ReviewRestriction",
    "SetRestriction",
    "Standing",
    "TakeBack",
    "Thaw",
    "answer_in_words",
    "as_shown",
    "digest_of_thaw",
    "limits_in_words",
    "permissions_in_words",
    "reason_in_words",
    "reported_in",
]

Asked = tuple[str, Permission]
"""A user, and what they want to do."""

_VERBS: Mapping[type, Callable[[Desk, Transaction, Any], Awaitable[Any]]] = {
    Freeze: restrictions.freeze,
    Thaw: restrictions.thaw,
    Ask: requests.ask,
    TakeBack: requests.take_back,
    Object: objections.make_objection,
    SetRestriction: restrictions.set_restriction,
    ReviewRestriction: restrictions.review,
    LiftRestriction: restrictions.lift_alone,
    ProposeLift: restrictions.propose_lift,
    ReportSignal: signals.report,
    DecideProposal: proposed.decide,
    DecideRequest: requests.decide,
    AnswerObjection: objections.answer,
}


class Standing:
    """What the users of one database may do."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        rules: DatedRules,
        *,
        groups: Groups,
        confirms: Confirms | None = None,
    ) -> None:
        self._database = database
        self._desk = Desk(clock, rules, confirms or _nothing_is_confirmed, groups)
        self._clerk = Clerk(database, clock)
        self.reads = Reads(database, self._desk)

    # What may users do?

    async def check(self, tx: Transaction, asked: Sequence[Asked]) -> Sequence[Refusal | None]:
        """Why each may not do what they want to, or `None`: in one statement, at the moment at which it is read.

        For what moves money ask `lock_and_check`.
        """
        verdicts = await self._check(tx, asked, lock=False)
        return [each if isinstance(each, Refusal) else None for each in verdicts]

    async def lock_and_check(self, tx: Transaction, asked: Sequence[Asked]) -> Sequence[Known | Refusal]:
        """Each user as they stand, or why they may not; exact until the transaction ends.

        One statement reads and share-locks the rows of all of them, in the order of their ids: whoever takes something from
        one of them waits until this transaction is over, and one that waited for such a change sees it. Users that are in
        many batches at once (a busy payee) hold up nobody else.
        """
        return await self._check(tx, asked, lock=True)

    async def check_here(self, user_ids: Sequence[str], permission: Permission) -> Sequence[Refusal | None]:
        """`check` in a transaction of its own: for pages, and to refuse early."""
        async with self._database.transaction() as tx:
            return await self.check(tx, [(user_id, permission) for user_id in user_ids])

    async def class_of(self, tx: Transaction, user_ids: Collection[str]) -> Mapping[str, AccountClass]:
        """The account class of each user now; those who do not exist are missing."""
        now = self._desk.clock.now()
        return {id: kept.class_at(now) for id, kept in (await store.find(tx, user_ids)).items()}

    async def known(self, tx: Transaction, user_ids: Collection[str]) -> Mapping[str, Known]:
        """Class, terms and limits of each user, without asking for a permission."""
        now = self._desk.clock.now()
        return {id: self._known(kept, now) for id, kept in (await store.find(tx, user_ids)).items()}

    async def restrictions_of(self, tx: Transaction, user_id: str) -> Sequence[InForce]:
        """What is taken from a user now, for the house's own eyes: hidden ones as they are. Refuses `NoStanding`."""
        kept = (await store.find(tx, [user_id])).get(user_id)
        if kept is None:
            raise NoStanding(f"There is no user {user_id[:40]!r}.", field="user_id")
        return [each for each in kept.in_force if each.holds_at(self._desk.clock.now())]

    async def _check(
        self, tx: Transaction, asked: Sequence[Asked], *, lock: bool
    ) -> Sequence[Known | Refusal]:
        found = await store.find(tx, {user_id for user_id, _ in asked}, lock=lock)
        now = self._desk.clock.now()  # after the rows are locked: nothing is over before it is
        classes = self._desk.classes(now)
        known = {id: self._known(kept, now) for id, kept in found.items()}
        return [
            table.why_not(found[user_id], permission, classes=classes, now=now) or known[user_id]
            if user_id in found
            else NoStanding(f"There is no user {user_id[:40]!r}.")
            for user_id, permission in asked
        ]

    def _known(self, kept: Kept, now: datetime) -> Known:
        terms = self._desk.classes(now).terms(kept.class_at(now))
        return table.known(kept, terms, self._desk.limits(now), now=now)

    # What becomes of them?

    async def open(self, tx: Transaction, user_id: str, at: datetime) -> None:
        """A new user, who may sign in, look, and prove who they are. Opened twice, it is the same."""
        await store.open_standing(tx, user_id, at=at)

    async def close(self, tx: Transaction, user_id: str, *, actor: str) -> None:
        """A user leaves: from now on they may do nothing, and ask for nothing. Refuses `NoStanding`, `StandingClosed`."""
        change = await begin(self._desk, tx, user_id)
        await store.withdraw_requests(tx, user_id, by=actor, now=change.now)
        change.kept = msgspec.structs.replace(change.kept, closed_at=change.now)
        await finish(tx, change, actor=actor, what="closed", reason=Reason.CLOSED)

    async def erase(self, tx: Transaction, user_id: str) -> None:
        """Nothing has to be kept of a closed one any longer, but that it was closed."""
        await forgetting.erase(tx, user_id)

    async def record_evidence(
        self,
        tx: Transaction,
        user_id: str,
        source: str,
        presence: Presence,
        at: datetime,
        *,
        person: str | None = None,
        valid_until: datetime | None = None,
        check_id: str | None = None,
        actor: str = PLATFORM,
    ) -> AccountClass:
        """A source has confirmed who a user is; gives the class that they have now.

        person   the same text for all accounts of one person, for ever, and no name or number of theirs

        Refuses `NoStanding`, `StandingClosed`, `OtherPerson`.
        """
        return await evidence.record_evidence(
            self._desk,
            tx,
            user_id,
            source=source,
            presence=presence,
            at=at,
            person=person,
            valid_until=valid_until,
            check_id=check_id,
            actor=actor,
        )

    async def withdraw_evidence(
        self, tx: Transaction, user_id: str, source: str, *, reason: str, actor: str = PLATFORM
    ) -> AccountClass:
        """What a source has said counts no more; gives the class that is left."""
        return await evidence.withdraw_evidence(
            self._desk, tx, user_id, source=source, reason=reason, actor=actor
        )

    async def restrict(self, tx: Transaction, new: NewRestriction, *, actor: str = PLATFORM) -> Restriction:
        """Take something from a user at once; refuses `RestrictionMalformed`, `NoStanding`.

        What the law says itself (a document has expired, a phone is another's) is set once, however often it is said.
        """
        return await restrictions.restrict(self._desk, tx, new, actor=actor)

    async def lift(
        self, tx: Transaction, restriction_id: str, *, reason: Reason, actor: str = PLATFORM
    ) -> Restriction:
        """Give it back because what it was for is no more; refuses `NoSuchRestriction`, `EndedAlready`.

        For the house itself; people lift by `LiftRestriction` and `DecideProposal`.
        """
        return await restrictions.lift(self._desk, tx, restriction_id, actor=actor, reason=reason)

    async def apply(self, tx: Transaction, heard: Sequence[Signal]) -> None:
        """Hear what speaks for or against users, and do what the dated rules say of it; refuses `NoStanding`.

        For the house itself; people pass on what others say by `ReportSignal`.
        """
        await adjust.apply(self._desk, tx, heard)

    async def note_activity(self, tx: Transaction, user_ids: Collection[str]) -> None:
        """These users have moved money: their accounts are in use. Costs a write once a day for each."""
        day = self._desk.clock.now().astimezone(CHINA).date()
        await store.note_activity(tx, user_ids, day=day)

    # What users and staff ask.

    async def answer(
        self, call: Call[Command], *, shown: Callable[[Any], tuple[str, msgspec.Struct]], status: int = 200
    ) -> Answer:
        """Carry out what somebody asks under an Idempotency-Key: what goes over the wire."""
        return await self._clerk.answer(call, self._do, shown=shown, status=status)

    async def do(self, command: Command) -> Any:
        """The same from inside the house; raises what the verb refuses."""
        async with self._database.transaction() as tx:
            result = await self._do(tx, command)
            event = AuditEvent(
                happened_at=self._desk.clock.now(),
                actor=command.actor,
                action=ACTIONS[type(command)],
                object_id=result.id,
                result="done",
            )
            await audit.record(tx, [event])
        return result

    async def _do(self, tx: Transaction, command: Command) -> Any:
        return await _VERBS[type(command)](self._desk, tx, command)

    # What comes to pass by itself.

    async def turn_due(self) -> int:
        """Tell what has ended: provisional freezes, quiet days, evidence."""
        return await rounds.turn_due(self._desk, self._database)

    async def suspend_dormant(self) -> int:
        """Suspend accounts that nobody has used since they were opened."""
        return await rounds.suspend_dormant(self._desk, self._database)

    async def tell_overdue(self) -> int:
        """Tell of requests, objections and reviews that are late."""
        return await rounds.tell_overdue(self._desk, self._database)


async def _nothing_is_confirmed(_: Transaction, __: str, ___: str, ____: bytes) -> None:
    raise ConfirmationNeeded("Nobody here can say whether this was confirmed.")
