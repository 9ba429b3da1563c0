"""The verbs of behaviour: record acts, ask what is unusual, look at the record, answer warnings."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.behaviour import store, usecases
from tael.behaviour.model import (
    Act,
    ActKind,
    ActResult,
    ActWarning,
    BehaviourRetention,
    BehaviourRules,
    Follows,
    Habits,
    RecordedAct,
    Unusual,
)
from tael.behaviour.rules import (
    act_in_words,
    device_in_words,
    masked_address,
    place_in_words,
    reasons_in_words,
)
from tael.behaviour.schemas import warning_body
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database, Transaction

__all__ = [
    "AnswerWarning",
    "Behaviour",
    "act_in_words",
    "device_in_words",
    "masked_address",
    "place_in_words",
    "reasons_in_words",
    "warning_body",
]

_A_DAY_AND_MORE = timedelta(hours=50)
"""So far back the daily count looks for users: it may miss a day."""


class AnswerWarning(msgspec.Struct, frozen=True, kw_only=True):
    """A user says whether an act was theirs."""

    warning_id: str
    user_id: str
    mine: bool
    proven: bool = False
    """Whether they have shown something that they have, in the last minutes."""


class Behaviour:
    """The record of one database."""

    def __init__(self, database: Database, clock: Clock, rules: DatedRules) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._clerk = Clerk(database, clock)

    async def record(self, tx: Transaction, acts: Sequence[Act]) -> None:
        """Write down what users did or tried, in one statement; about a second after the commit rules look at it."""
        await usecases.record(tx, acts)

    async def assess(self, act: Act, *, tx: Transaction | None = None) -> Unusual:
        """What is unusual about what somebody is about to do. Nothing is written: record it when it is done."""
        if tx is not None:
            return await usecases.assess(tx, act, self._terms())
        async with self._database.transaction() as own:
            return await usecases.assess(own, act, self._terms())

    async def asks_more(self, tx: Transaction, user_ids: Collection[str]) -> frozenset[str]:
        """Which of these users confirm more strongly than otherwise: they were warned so, and did not clear it up."""
        since = self._clock.now() - timedelta(hours=self._terms().ask_more_hours)
        return await store.users_to_ask_more(tx, user_ids, since=since)

    async def acts(
        self,
        user_id: str,
        *,
        kind: ActKind | None = None,
        result: ActResult | None = None,
        place: str | None = None,
        before: str | None = None,
        limit: int,
    ) -> Sequence[RecordedAct]:
        """A user's acts, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_acts(
                tx, user_id, kind=kind, result=result, place=place, before=before, limit=limit
            )

    async def how_often(
        self, tx: Transaction, user_id: str, kind: ActKind, what: str, *, since: datetime
    ) -> int:
        """How often a user did something of a kind since then, whatever came of it."""
        return await store.count_acts(tx, user_id, kind, what, since=since)

    async def warnings(
        self,
        *,
        user_id: str | None = None,
        follows: Follows | None = None,
        before: str | None = None,
        limit: int,
    ) -> Sequence[ActWarning]:
        """Warnings, newest first; everybody's if no user is named."""
        async with self._database.transaction() as tx:
            return await store.list_warnings(tx, user_id=user_id, follows=follows, before=before, limit=limit)

    async def habits(self, user_id: str) -> Habits | None:
        """What a user usually does; none before the first day is over."""
        async with self._database.transaction() as tx:
            return await store.find_habits(tx, user_id)

    async def answer(
        self, call: Call[AnswerWarning], *, shown: Callable[[ActWarning], tuple[str, msgspec.Struct]]
    ) -> Answer:
        """A user's answer to a warning, over the wire."""
        return await self._clerk.answer(call, self.answer_warning, shown=shown, status=200)

    async def answer_warning(self, tx: Transaction, command: AnswerWarning) -> ActWarning:
        """What a user says to a warning. Refuses `NoSuchWarning`, `AlreadyDisowned`, `AnswerUnproven`."""
        return await usecases.answer(
            tx,
            command.warning_id,
            user_id=command.user_id,
            mine=command.mine,
            proven=command.proven,
            now=self._clock.now(),
        )

    async def forget(self, tx: Transaction, user_ids: Sequence[str]) -> None:
        """From where and with what these users acted, and what is usual for them. What they did stays."""
        await store.forget_users(tx, user_ids)

    # For jobs.

    async def look(self) -> int:
        """Look at all that was recorded since the last look; gives at how many acts."""
        total, found = 0, usecases.LOOK_AT
        while found == usecases.LOOK_AT:
            async with self._database.transaction() as tx:
                found = await usecases.look(tx, self._terms(), now=self._clock.now())
            total += found
        return total

    async def count_habits(self) -> int:
        """Count anew the habits of those who acted in the last day; gives how many they are."""
        now = self._clock.now()
        return await usecases.count_habits(
            self._database, self._terms(), now=now, acted_since=now - _A_DAY_AND_MORE
        )

    async def forget_old(self) -> None:
        """Addresses and acts whose time is over."""
        now = self._clock.now()
        terms = self._rules.read("behaviour.retention", BehaviourRetention, at=now)
        await usecases.forget_old(self._database, terms, now=now)

    def _terms(self) -> BehaviourRules:
        return self._rules.read("behaviour.rules", BehaviourRules, at=self._clock.now())
