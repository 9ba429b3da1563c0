"""Who are our partners, what have they handed in, what is due? Questions that change nothing, page by page.

A page is asked for by the key at which the one before ended. Lists are newest first, partners by the name of their
channel, deadlines soonest first.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeVar

import msgspec

from tael.foundation import proposals
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Query, Transaction
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.partners import store
from tael.partners.model import (
    Acceptance,
    Certificate,
    Check,
    Checklist,
    Deadline,
    DeadlineKind,
    Document,
    DocumentKind,
    Drill,
    DrillState,
    FeeTable,
    HistoryLine,
    Partner,
    PolicyChange,
    PolicyState,
    Reminder,
    Run,
    State,
    StepRecord,
    Window,
)
from tael.partners.rules import way
from tael.partners.store import SQL

T = TypeVar("T")
KIND = "partners"


class PartnerView(msgspec.Struct, frozen=True, kw_only=True):
    """A partner with the steps that were begun and the list of each."""

    partner: Partner
    steps: Sequence[StepRecord]
    checks: Sequence[Check]
    missing_papers: Sequence[DocumentKind]
    """What the present step still needs, besides its checks."""


class Reads:
    """The questions about one database's partners."""

    def __init__(
        self, database: Database, clock: Clock, *, certificates: Callable[[], Sequence[Certificate]]
    ) -> None:
        """`certificates` are those that stand in what channels are told."""
        self._database = database
        self._clock = clock
        self._certificates = certificates

    async def partner(self, channel: str, *, today: date) -> PartnerView:
        """One partner with its way so far; raises `NoSuchPartner`."""
        async with self._database.transaction() as tx:
            partner = await store.find_partner(tx, channel)
            steps = await store.steps_of(tx, channel)
            ticks = {(tick.step, tick.name): tick for tick in await store.ticks_of(tx, channel)}
            documents = await store.documents_of(tx, channel)
        step = way.step_of(partner.state)
        needed = way.PAPERS[step] if step else ()
        held = {paper.kind for paper in documents if paper.holds_on(today)}
        return PartnerView(
            partner=partner,
            steps=steps,
            checks=[
                _check(each, name, meaning, ticks.get((each.step, name)))
                for each in steps
                for name, meaning in way.CHECKS[each.step].items()
            ],
            missing_papers=[kind for kind in needed if kind not in held],
        )

    async def partners(
        self, *, after: str | None = None, state: State | None = None, limit: int = 50
    ) -> list[Partner]:
        """Partners by the names of their channels."""
        return await self._rows(SQL.list_partners, Partner, after=after, state=state, limit=limit)

    async def present_steps(self, channels: Sequence[str]) -> list[StepRecord]:
        """The step that there is to do, of each of these partners that has one."""
        return await self._rows(SQL.list_present_steps, StepRecord, channels=list(channels))

    async def history(
        self, channel: str, *, before: int | None = None, what: str | None = None, limit: int = 50
    ) -> list[HistoryLine]:
        """All that ever happened with a partner."""
        return await self._rows(
            SQL.list_history, HistoryLine, channel=channel, before=before, what=what, limit=limit
        )

    async def documents(
        self,
        *,
        channel: str | None = None,
        kind: DocumentKind | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Document]:
        """Documents, without their bytes."""
        return await self._rows(
            SQL.list_documents, Document, channel=channel, kind=kind, before=before, limit=limit
        )

    async def document(self, id: str) -> tuple[Document, bytes]:
        """One document with its bytes; raises `NoSuchRecord`."""
        async with self._database.transaction() as tx:
            found = await store.find(tx, SQL.find_document, Document, id)
            [(content,)] = await tx.tuples(SQL.content_of_document, id=id)
        return found, bytes(content)

    async def acceptances(
        self, *, channel: str | None = None, before: str | None = None, limit: int = 50
    ) -> list[Acceptance]:
        """Reports of the acceptance kit."""
        return await self._rows(SQL.list_acceptances, Acceptance, channel=channel, before=before, limit=limit)

    async def fee_tables(
        self, *, channel: str | None = None, before: str | None = None, limit: int = 50
    ) -> list[FeeTable]:
        """Fee tables, those of the past as well."""
        return await self._rows(SQL.list_fee_tables, FeeTable, channel=channel, before=before, limit=limit)

    async def windows(
        self,
        *,
        channel: str | None = None,
        ends_after: datetime | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Window]:
        """Maintenance windows; with `ends_after`, those that hold then or later."""
        return await self._rows(
            SQL.list_windows, Window, channel=channel, ends_after=ends_after, before=before, limit=limit
        )

    async def policy_changes(
        self,
        *,
        channel: str | None = None,
        state: PolicyState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[PolicyChange]:
        """What partners announced."""
        return await self._rows(
            SQL.list_policy_changes, PolicyChange, channel=channel, state=state, before=before, limit=limit
        )

    async def checklists(
        self, *, channel: str | None = None, before: str | None = None, limit: int = 50
    ) -> list[Checklist]:
        """Check-lists, retired ones as well."""
        return await self._rows(SQL.list_checklists, Checklist, channel=channel, before=before, limit=limit)

    async def runs(
        self,
        *,
        channel: str | None = None,
        overdue_on: date | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Run]:
        """Runs of check-lists with their answers; with `overdue_on`, those that should have been done before."""
        async with self._database.transaction() as tx:
            runs = await tx.rows(
                SQL.list_runs, Run, channel=channel, due_before=overdue_on, before=before, limit=limit
            )
            return await store.with_answers(tx, runs)

    async def certificates(
        self,
        *,
        channel: str | None = None,
        ends_before: datetime | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Certificate]:
        """Certificates and keys; with `ends_before`, those in use that end before."""
        return await self._rows(
            SQL.list_certificates,
            Certificate,
            channel=channel,
            ends_before=ends_before,
            before=before,
            limit=limit,
        )

    async def drills(
        self,
        *,
        channel: str | None = None,
        state: DrillState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Drill]:
        """Drills, planned and run."""
        return await self._rows(
            SQL.list_drills, Drill, channel=channel, state=state, before=before, limit=limit
        )

    async def deadlines(
        self,
        *,
        until: datetime,
        channel: str | None = None,
        kind: DeadlineKind | None = None,
        after: tuple[datetime, str, str] | None = None,
        limit: int = 50,
    ) -> list[Deadline]:
        """All that is due before `until`, soonest first, after the one with that day, kind and id."""
        async with self._database.transaction() as tx:
            return await store.deadlines(
                tx,
                until=until,
                channel=channel,
                kind=kind,
                after=after,
                told=self._certificates(),
                limit=limit,
            )

    async def reminders(
        self, *, channel: str | None = None, before: int | None = None, limit: int = 50
    ) -> list[Reminder]:
        """Who was told of what."""
        return await self._rows(SQL.list_reminders, Reminder, channel=channel, before=before, limit=limit)

    async def proposals(
        self,
        *,
        about: str | None = None,
        state: ProposalState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Proposal]:
        """What was proposed about partners."""
        wanted = ProposalFilter(kind=KIND, subject=about, state=state, before=before, limit=limit)
        async with self._database.transaction() as tx:
            return await proposals.list_proposals(tx, wanted, now=self._clock.now())

    async def proposal(self, id: str) -> Proposal:
        """One proposal about partners; raises `NoSuchProposal`."""
        async with self._database.transaction() as tx:
            return await proposals.get(tx, id, now=self._clock.now(), kind=KIND)

    async def _rows(self, query: Query, of: type[T], **parameters: object) -> list[T]:
        async with self._database.transaction() as tx:
            return await tx.rows(query, of, **parameters)


async def terms_rows(tx: Transaction, now: datetime) -> tuple[list[Partner], list[FeeTable], list[Window]]:
    """All that terms are made of, in three questions."""
    return (
        await tx.rows(SQL.all_partners, Partner),
        await tx.rows(SQL.fee_tables_ahead, FeeTable, now=now),
        await tx.rows(SQL.windows_ahead, Window, now=now),
    )


def _check(record: StepRecord, name: str, meaning: str, tick: Check | None) -> Check:
    if tick is None:
        return Check(step=record.step, name=name, meaning=meaning)
    return msgspec.structs.replace(tick, meaning=meaning)
