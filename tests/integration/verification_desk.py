"""Verification over its real wires: a database, the five providers' simulator, and what others hear of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from tael.app.verifying import sending_by
from tael.channels.transport import Transport, VaultDoor
from tael.foundation.clock import Clock
from tael.foundation.courier import Courier, on
from tael.foundation.dated_rules import DatedRules, shipped_rules
from tael.foundation.db import Database, Transaction
from tael.foundation.personal import Personal
from tael.foundation.sealing import Sealer
from tael.testing.verification import RunningSources
from tael.verification.api import SourceFolder, Verification
from tael.verification.events import CheckEnded


class VerificationDesk(msgspec.Struct, frozen=True, kw_only=True):
    """What a test works with."""

    verification: Verification
    database: Database
    sources: RunningSources
    courier: Courier
    heard: list[CheckEnded]

    async def told(self) -> Sequence[CheckEnded]:
        """What others have heard by now."""
        await self.courier.deliver()
        return self.heard


@asynccontextmanager
async def verification_desk(
    database: Database,
    clock: Clock,
    sources: RunningSources,
    keys: Path,
    *,
    notices_url: str = "http://127.0.0.1:9/notices/verification",
    vault: VaultDoor | None = None,
    timeout_seconds: float = 2.0,
) -> AsyncIterator[VerificationDesk]:
    """Until the block ends. keys: the folder of the platform's keys, which is told of the sources."""
    sources.tell(keys / "verification")
    wires = Transport(timeout_seconds=timeout_seconds, vault=vault)
    heard: list[CheckEnded] = []

    async def hear(_tx: Transaction, facts: Sequence[CheckEnded]) -> None:
        heard.extend(facts)

    try:
        yield VerificationDesk(
            verification=Verification(
                database,
                clock,
                Personal(Sealer(keys), keys),
                DatedRules(database, shipped_rules("verification")),
                sources=SourceFolder(keys / "verification"),
                send=sending_by(wires),
                notices_url=notices_url,
            ),
            database=database,
            sources=sources,
            courier=Courier(database, clock, [CheckEnded], [on(CheckEnded, do=hear)]),
            heard=heard,
        )
    finally:
        await wires.close()
