"""What do all verbs of identity stand on? The database, the clock, slow hashes in threads, and a line in the audit trail."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.foundation.sealing import Sealer
from tael.identity import proofs, rules
from tael.identity.errors import PasswordWeak, TooBusy
from tael.identity.events import Change, CredentialChanged, ProofRefused
from tael.identity.model import Holder, Present, StepUpRule, Visitor
from tael.identity.proofs.breached import Breached
from tael.identity.proofs.passkeys import Site

_HASHES_AT_ONCE = 2
"""Each takes 19 MiB and a processor for some 30 ms: more of them at once would only wait for one another."""
MOST_AT_THE_DOOR, MOST_NEWCOMERS = 200, 50
"""Some seconds of hashing. Whoever comes then would wait longer than anybody likes."""
_COME_AGAIN_SECONDS = 3


MayChange = Callable[[Transaction, str, Change], Awaitable[Refusal | None]]
"""Why the holder of a login may not change a credential of theirs now, or `None`."""


AboutHolder = Callable[[Transaction, str], Awaitable[Holder]]
"""What others know of the holder of a login."""


async def nothing_known(_: Transaction, __: str) -> Holder:
    """Where nobody knows them."""
    return Holder()


async def everybody_may(_: Transaction, __: str, ___: Change) -> Refusal | None:
    """Where nobody takes that from anybody."""
    return None


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time code that somebody tries: whose, and what for."""

    about: str
    purpose: str


class Counted(msgspec.Struct, frozen=True):
    """A try that may be compared with this, sealed; with nothing, if there is no code."""

    sealed: bytes | None


class Queue:
    """Where slow hashes wait: so many are made at once, and so many people are there at most."""

    def __init__(self, *, at_once: int, most: int) -> None:
        self._seats = asyncio.Semaphore(at_once)
        self._most = most
        self._here = 0

    def check(self) -> None:
        """Refuses `TooBusy` if nobody else should wait: before anything is counted or written for them."""
        if self._here >= self._most:
            raise TooBusy(
                "Too many people sign in or up at the moment.",
                hint="Try again in a moment.",
                retry_after_seconds=_COME_AGAIN_SECONDS,
            )

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[None]:
        """Wait for a seat; refuses `TooBusy`."""
        self.check()
        self._here += 1
        try:
            async with self._seats:
                yield
        finally:
            self._here -= 1


class Desk:
    """The same for every verb."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        rules: DatedRules,
        *,
        site: Site,
        breached: Breached | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.sealer = sealer
        self.site = site
        self._rules = rules
        self._breached = breached
        self.looking: Lane[bytes, Present | None] | None = None
        """Where sessions are looked up, many at once; `None` in a process that looks up few."""
        self.counting: Lane[Tried, Counted] | None = None
        """Where tries at one-time codes are counted, over a connection of its own."""
        self.may_change: MayChange = everybody_may
        self.about_holder: AboutHolder = nothing_known
        self.door = Queue(at_once=_HASHES_AT_ONCE, most=MOST_AT_THE_DOOR)
        self.newcomers = Queue(at_once=1, most=MOST_NEWCOMERS)

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    def step_up_rule(self, at: datetime | None = None) -> StepUpRule:
        """How strongly acts are confirmed, as the rule stands."""
        return self._rules.read("identity.step_up", StepUpRule, at=at or self.now())

    async def check_password(self, password: str, *, about: Sequence[str]) -> None:
        """Refuses `PasswordWeak`: as the rules do, or because it is in the operator's list."""
        rules.check_password(password, about=about)
        if self._breached is not None and await asyncio.to_thread(self._breached.holds, password):
            raise PasswordWeak(
                "This password has been in a breach: others know it.",
                field="password",
                hint="Take one that is used nowhere else, and change it wherever you have used this one.",
            )

    async def hash_of(self, password: str) -> str:
        """What is kept of a password. Refuses `TooBusy`."""
        async with self.door.seat():
            return await _hashed(password)

    async def hash_of_newcomer(self, password: str) -> str:
        """The same for somebody who has no login yet: however many come, whoever signs in does not wait for them."""
        async with self.newcomers.seat():
            return await _hashed(password)

    async def is_password(self, password: str, kept: str | None) -> bool:
        """Whether a password fits; without anything to compare it with, no, after as much work. Refuses `TooBusy`."""
        async with self.door.seat():
            fits = await asyncio.to_thread(proofs.is_password, password, kept or proofs.NOBODYS)
        return fits and kept is not None

    async def allow_and_tell(
        self,
        tx: Transaction,
        login_id: str,
        what: Change,
        *,
        visitor: Visitor | None = None,
        called: str = "",
    ) -> None:
        """Refuse what somebody may not change; else as `tell`."""
        refusal = await self.may_change(tx, login_id, what)
        if refusal is not None:
            raise refusal
        await self.tell(tx, login_id, what, visitor=visitor, called=called)

    async def tell(
        self,
        tx: Transaction,
        login_id: str,
        what: Change,
        *,
        visitor: Visitor | None = None,
        called: str = "",
    ) -> None:
        """Let others hear that a credential has changed, so that its holder hears of it."""
        fact = CredentialChanged(
            object_id=login_id,
            happened_at=self.now(),
            what=what,
            called=called,
            device=rules.device_as_kept(visitor.device) if visitor else "",
            address=visitor.address if visitor else "",
            device_id=visitor.device_id if visitor else None,
        )
        await outbox.publish(tx, [fact])

    async def tell_refused(
        self, tx: Transaction, login_id: str, factor: str, visitor: Visitor, *, action: str, act: str = ""
    ) -> None:
        """Let others hear that what was shown for an action was wrong, so that it is among what was tried in its holder's name."""
        fact = ProofRefused(
            object_id=login_id,
            happened_at=self.now(),
            factor=factor,
            action=action,
            act=act,
            device=rules.device_as_kept(visitor.device),
            address=visitor.address,
            device_id=visitor.device_id,
        )
        await outbox.publish(tx, [fact])

    async def audit(
        self,
        tx: Transaction,
        *,
        actor: str,
        action: str,
        object_id: str | None,
        visitor: Visitor | None = None,
        result: str = "done",
    ) -> None:
        """Write down who did what."""
        event = AuditEvent(
            happened_at=self.now(),
            actor=actor,
            action=f"identity.{action}",
            object_id=object_id,
            result=result,
            request_id=visitor.request_id if visitor else None,
            remote_address=visitor.address if visitor else None,
        )
        await audit.record(tx, [event])


async def _hashed(password: str) -> str:
    salt = secrets.token_bytes(proofs.SALT_BYTES)
    return await asyncio.to_thread(proofs.hash_of_password, password, salt=salt)
