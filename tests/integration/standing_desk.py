"""Standings for tests: users of one database, with evidence in one line, and the facts that were told."""

from typing import Any

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules, shipped_rules
from tael.foundation.db import Database, Query, Transaction
from tael.foundation.ids import new_id
from tael.standing.api import Standing
from tael.standing.errors import ConfirmationNeeded
from tael.standing.model import AccountClass, Known, Permission, Presence

SOURCES = ("identity_database", "mobile_operator", "bank_card", "document_face", "video")
_FACTS = Query("facts", b"select payload from foundation.outbox where object_id = %(id)s order by seq")


class StandingDesk:
    """The verbs of standing, each in a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.confirmed: set[bytes] = set()
        self.groups: dict[str, str] = {}
        rules = DatedRules(database, shipped_rules("standing"))
        self.standing = Standing(
            database, clock, rules, groups=lambda _: self.groups, confirms=self._confirms
        )

    async def _confirms(self, _: Transaction, user_id: str, confirmation: str, about: bytes) -> None:
        if about not in self.confirmed:
            raise ConfirmationNeeded("Not confirmed.")
        self.confirmed.remove(about)

    async def a_user(self, *, sources: int = 0, person: str | None = None, **says: Any) -> str:
        """A new user, whom so many sources have confirmed."""
        user_id = new_id("usr")
        async with self.database.transaction() as tx:
            await self.standing.open(tx, user_id, self.clock.now())
        for source in SOURCES[:sources]:
            await self.evidence(user_id, source, person=person, **says)
        return user_id

    async def evidence(
        self, user_id: str, source: str, *, presence: Presence = Presence.REMOTE, **says: Any
    ) -> AccountClass:
        """A source confirms who it is."""
        async with self.database.transaction() as tx:
            return await self.standing.record_evidence(
                tx, user_id, source, presence, self.clock.now(), **says
            )

    async def class_of(self, user_id: str) -> AccountClass:
        """The account class now."""
        async with self.database.transaction() as tx:
            return (await self.standing.class_of(tx, [user_id]))[user_id]

    async def why_not(self, user_id: str, permission: Permission) -> str | None:
        """The code of the refusal, or `None`."""
        (refusal,) = await self.standing.check_here([user_id], permission)
        return None if refusal is None else refusal.code

    async def known(self, user_id: str) -> Known:
        """What whoever moves money knows."""
        async with self.database.transaction() as tx:
            return (await self.standing.known(tx, [user_id]))[user_id]

    async def facts(self, user_id: str, kind: str = "") -> list[dict[str, Any]]:
        """What was told of a user so far: all, or what is of one kind."""
        async with self.database.transaction() as tx:
            told = [msgspec.json.decode(payload) for (payload,) in await tx.tuples(_FACTS, id=user_id)]
        return [each for each in told if each["type"].endswith(kind)]
