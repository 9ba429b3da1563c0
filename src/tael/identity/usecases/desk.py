"""What do all verbs of identity stand on? The database, the clock, slow hashes in threads, and a line in the audit trail."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.sealing import Sealer
from tael.identity import proofs
from tael.identity.errors import TooBusy
from tael.identity.model import Visitor

_HASHES_AT_ONCE = 2
"""Each takes 19 MiB and a processor for some 30 ms: more of them at once would only wait for one another."""
MOST_AT_THE_DOOR, MOST_NEWCOMERS = 200, 50
"""Some seconds of hashing. Whoever comes then would wait longer than anybody likes."""
_COME_AGAIN_SECONDS = 3


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

    def __init__(self, database: Database, clock: Clock, sealer: Sealer) -> None:
        self.database = database
        self.clock = clock
        self.sealer = sealer
        self.door = Queue(at_once=_HASHES_AT_ONCE, most=MOST_AT_THE_DOOR)
        self.newcomers = Queue(at_once=1, most=MOST_NEWCOMERS)

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

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
