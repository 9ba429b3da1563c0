"""The verbs of verification: ask a source about somebody, look at what came of it, ask again, hear what comes later."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database, Transaction
from tael.foundation.personal import Personal
from tael.foundation.resealing import SealedColumn
from tael.foundation.rounds import Rounds, for_each
from tael.verification import rules, store
from tael.verification.errors import NoSuchCheck, SourceRefused
from tael.verification.model import (
    Check,
    CheckFilter,
    DocumentRead,
    Particulars,
    SourceFigures,
    SourceName,
    Sources,
    SourceTerms,
)
from tael.verification.port import InboundNotice
from tael.verification.registry import SourceFolder
from tael.verification.usecases import ask, begin
from tael.verification.usecases.desk import Desk, Send, Silence

__all__ = ["SEALED", "InboundNotice", "Send", "Silence", "SourceFolder", "Verification"]

log = structlog.get_logger("tael.verification")


SEALED = (
    SealedColumn(place="verification.questions", field="sealed", about="verification question {check_id}"),
    SealedColumn(
        place="verification.documents_read", field="sealed", about="verification document {check_id}"
    ),
)
"""Columns with what is sealed here."""


class Verification:
    """The sources of one installation, and all that they were asked."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        personal: Personal,
        dated: DatedRules,
        *,
        sources: SourceFolder,
        send: Send,
        notices_url: str,
    ) -> None:
        """notices_url: where providers tell what comes later; the source's name is added."""
        self.sources = sources
        self._database = database
        self._desk = Desk(
            database=database,
            clock=clock,
            personal=personal,
            rules=dated,
            sources=sources,
            send=send,
            notices_url=notices_url,
        )
        self._rounds = Rounds()

    async def check(
        self, subject: str, source: SourceName, said: Particulars, *, number: str | None = None
    ) -> Check:
        """Ask a source whether somebody is who they say, and wait for its answer, or for the end of its time.

        Not in a transaction. Once for each number (`chk_…`, made by the caller before): a repeat gives the check as it
        stands, and asks nobody. What is unknown is asked again by itself, and `CheckEnded` tells what came of it.

        Refuses `ParticularsIncomplete`, `CheckDiffers`, `TooManyChecks`, `NoSuchSource`, `SourceRefused`.
        """
        begun = await begin.begin(self._desk, subject, source, said, number=number)
        if begun.new:
            return await ask.ask(self._desk, begun.id)
        return (await self.look([begun.id]))[begun.id]

    def check_said(self, source: SourceName, said: Particulars) -> None:
        """Look whether so much is enough to ask a source; refuses `ParticularsIncomplete`, naming the field."""
        rules.elements_of(source, said)

    # Looking up.

    async def look(self, ids: Iterable[str]) -> Mapping[str, Check]:
        """The checks of these numbers; those that are not there are left out."""
        async with self._database.transaction() as tx:
            return await store.find(tx, ids)

    async def get(self, id: str) -> Check:
        """One check; refuses `NoSuchCheck`."""
        found = await self.look([id])
        if id not in found:
            raise NoSuchCheck(f"There is no check {id[:40]}.", field="check_id")
        return found[id]

    async def of(self, subject: str, *, limit: int = 200) -> Sequence[Check]:
        """The checks of one person, newest first."""
        return await self.list(CheckFilter(subject=subject, limit=limit))

    async def list(self, wanted: CheckFilter) -> Sequence[Check]:
        """One page of checks, newest first."""
        async with self._database.transaction() as tx:
            return await store.page(tx, wanted)

    async def document_read(self, check_id: str) -> DocumentRead | None:
        """What a source read off the pictures of a document, as long as it is kept. Personal: for whoever may see it."""
        async with self._database.transaction() as tx:
            sealed = await store.document_read(tx, check_id)
        if sealed is None:
            return None
        text = self._desk.personal.open(sealed, about=f"verification document {check_id}")
        return msgspec.json.decode(text, type=DocumentRead)

    # What it counts.

    def groups(self, at: datetime) -> Mapping[str, str]:
        """Of each source its group then: those of one group rest on the same knowledge, and count once. Asks nobody."""
        return self._desk.terms(at).groups()

    async def face_shown_at(self, tx: Transaction, subject: str) -> datetime | None:
        """When a person was last asked for their face and a source found that it is the one of their document, if ever."""
        return await store.face_shown_at(tx, subject)

    def terms(self, *, at: datetime | None = None) -> Sources:
        """What each source is worth, and what it costs."""
        return self._desk.terms(at or self._desk.now())

    def terms_of(self, source: SourceName, *, at: datetime | None = None) -> SourceTerms:
        """What one source is worth."""
        return self.terms(at=at).of(source)

    def troubles(self) -> Mapping[SourceName, str | None]:
        """Of each source what is wrong with how it is set up; `None`: nothing. One that is not set up says so."""
        found: dict[SourceName, str | None] = {}
        for source in SourceName:
            try:
                there = self.sources.find(source) is not None
                found[source] = None if there else "It is not set up here."
            except SourceRefused as refusal:
                found[source] = refusal.message
        return found

    def set_up(self) -> Sequence[SourceName]:
        """The sources that can be asked here; refuses `SourceRefused`."""
        return [source for source in SourceName if self.sources.find(source) is not None]

    async def figures_of_a_day(self) -> Sequence[SourceFigures]:
        """How each source did with what was begun in the last 24 hours; of those that were not asked, nothing."""
        since = self._desk.now() - timedelta(days=1)
        async with self._database.transaction() as tx:
            did = {each.source: each for each in await store.how_sources_did(tx, since=since)}
        return [did.get(source, SourceFigures(source=source)) for source in SourceName]

    # What is open.

    async def ask_again(self, check_id: str) -> Check:
        """Ask about an open check now; refuses `NoSuchCheck`, `CheckClosed`."""
        return await ask.ask_again(self._desk, check_id)

    async def hear(self, source: SourceName, inbound: InboundNotice) -> Check:
        """A provider tells what came of a check; refuses `NoticeRefused`, `NoSuchCheck`, `NoSuchSource`."""
        return await ask.hear(self._desk, source, inbound)

    async def ask_due(self) -> None:
        """Ask again about what is open and due; each source by itself, so that a dead one holds up no other."""

        async def work_off(name: str) -> bool:
            due = await ask.claim_due(self._desk, SourceName(name))
            for error in await for_each(due, lambda id: ask.ask(self._desk, id)):
                log.error("asking_failed", source=name, exc_info=error)
            return len(due) == ask.AT_A_TIME

        await self._rounds.go("ask", await ask.sources_due(self._desk), work_off)

    async def forget_old(self) -> None:
        """Keep no longer what was read off documents long ago."""
        await ask.forget_old(self._desk)

    async def erase(self, tx: Transaction, subject: str) -> None:
        """Nothing has to be kept of somebody any longer: their checks go, and what was asked and read."""
        await store.erase(tx, subject)
