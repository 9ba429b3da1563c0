"""Does a change that takes two people ever happen with one, late, twice, or other than it was seen?"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation import proposals
from tael.foundation.db import Database
from tael.foundation.proposals import (
    LARGEST_CONTENT,
    NoSuchProposal,
    NotYours,
    Proposal,
    ProposalDiffers,
    ProposalEnded,
    ProposalFilter,
    ProposalMalformed,
    ProposalState,
    SameEyes,
)
from tael.testing.clocks import ManualClock

ANN, BO, CY = "staff:ann", "staff:bo", "staff:cy"


class Desk:
    """A database, and the hour."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()

    async def propose(self, content: bytes = b'{"fee": 60}', *, by: str = ANN, note: str = "why") -> Proposal:
        async with self.database.transaction() as tx:
            return await proposals.propose(
                tx,
                kind="tests.fees",
                subject="teapot",
                content=content,
                note=note,
                by=by,
                now=self.clock.now(),
            )

    async def decide(
        self, id: str, *, by: str = BO, approve: bool = True, digest: str | None = None, note: str = ""
    ) -> Proposal:
        async with self.database.transaction() as tx:
            return await proposals.decide(
                tx, id, approve=approve, by=by, note=note, now=self.clock.now(), digest=digest
            )

    async def withdraw(self, id: str, *, by: str) -> Proposal:
        async with self.database.transaction() as tx:
            return await proposals.withdraw(tx, id, by=by, now=self.clock.now())

    async def get(self, id: str, *, kind: str | None = None) -> Proposal:
        async with self.database.transaction() as tx:
            return await proposals.get(tx, id, now=self.clock.now(), kind=kind)

    async def listed(self, **wanted: object) -> list[str]:
        async with self.database.transaction() as tx:
            asked = msgspec.convert(wanted, ProposalFilter)
            return [each.id for each in await proposals.list_proposals(tx, asked, now=self.clock.now())]


@pytest.fixture
async def desk(urls: DatabaseUrls) -> AsyncIterator[Desk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield Desk(database)
    await database.close()


async def test_s11_what_one_proposed_another_approves_and_both_are_remembered(desk: Desk) -> None:
    made = await desk.propose(note=" cheaper since March ")
    desk.clock.move(hours=2)
    approved = await desk.decide(made.id, note="seen the letter")

    assert made.state is ProposalState.OPEN
    assert made.note == "cheaper since March"
    assert approved.content == b'{"fee": 60}'
    assert (approved.state, approved.proposed_by, approved.ended_by) == (ProposalState.APPROVED, ANN, BO)
    assert approved.ended_at == desk.clock.now()
    assert approved.end_note == "seen the letter"
    assert await desk.get(made.id) == approved


@pytest.mark.parametrize("same", [ANN, "STAFF:ANN"])
async def test_s11_the_same_person_neither_approves_nor_refuses_it(desk: Desk, same: str) -> None:
    made = await desk.propose()
    for approve in (True, False):
        with pytest.raises(SameEyes):
            await desk.decide(made.id, by=same, approve=approve)
    assert (await desk.get(made.id)).state is ProposalState.OPEN


async def test_s11_what_was_decided_is_not_decided_again(desk: Desk) -> None:
    approved, refused = await desk.propose(), await desk.propose()
    await desk.decide(approved.id)
    await desk.decide(refused.id, approve=False)
    for ended in (approved, refused):
        for approve in (True, False):
            with pytest.raises(ProposalEnded, match=str(BO)):
                await desk.decide(ended.id, by=CY, approve=approve)
        with pytest.raises(ProposalEnded):
            await desk.withdraw(ended.id, by=ANN)
    assert (await desk.get(refused.id)).state is ProposalState.REFUSED


async def test_s11_what_was_withdrawn_is_not_approved(desk: Desk) -> None:
    made = await desk.propose()
    with pytest.raises(NotYours):
        await desk.withdraw(made.id, by=BO)
    assert (await desk.withdraw(made.id, by=ANN)).state is ProposalState.WITHDRAWN
    with pytest.raises(ProposalEnded):
        await desk.decide(made.id)


async def test_s11_what_has_expired_is_not_approved(desk: Desk) -> None:
    made = await desk.propose()
    desk.clock.move(seconds=proposals.LIFETIME.total_seconds())
    with pytest.raises(ProposalEnded, match="expired"):
        await desk.decide(made.id)
    assert (await desk.get(made.id)).state is ProposalState.EXPIRED


async def test_s11_who_approves_something_else_than_was_proposed_is_refused(desk: Desk) -> None:
    first, second = await desk.propose(b'{"fee": 60}'), await desk.propose(b'{"fee": 6}')
    with pytest.raises(ProposalDiffers):
        await desk.decide(second.id, digest=first.digest)
    assert (await desk.decide(second.id, digest=second.digest)).content == b'{"fee": 6}'


async def test_s11_of_many_who_decide_at_the_same_moment_one_gets_through(desk: Desk) -> None:
    made = await desk.propose()
    answers = await asyncio.gather(
        *[desk.decide(made.id, by=f"staff:{number}", approve=number % 2 == 0) for number in range(8)],
        return_exceptions=True,
    )
    through = [answer for answer in answers if isinstance(answer, Proposal)]
    assert len(through) == 1
    assert sum(isinstance(answer, ProposalEnded) for answer in answers) == 7
    assert await desk.get(made.id) == through[0]


async def test_s11_what_is_rolled_back_was_not_approved(desk: Desk) -> None:
    made = await desk.propose()
    with contextlib.suppress(ZeroDivisionError):
        async with desk.database.transaction() as tx:
            await proposals.decide(tx, made.id, approve=True, by=BO, now=desk.clock.now())
            raise ZeroDivisionError
    assert (await desk.get(made.id)).state is ProposalState.OPEN


async def test_s11_the_application_may_neither_change_nor_delete_what_was_proposed(
    desk: Desk, urls: DatabaseUrls
) -> None:
    made = await desk.propose()
    await desk.decide(made.id)
    async with await psycopg.AsyncConnection.connect(urls.application, autocommit=True) as connection:
        await connection.execute("set role tael_app")
        for forbidden in (
            "update foundation.proposals set content = 'x'",
            "delete from foundation.proposals",
            "truncate foundation.proposals cascade",
            "update foundation.proposal_ends set state = 'refused'",
            "delete from foundation.proposal_ends",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(forbidden)


async def test_s11_the_database_itself_refuses_the_same_eyes_a_late_end_and_other_content(
    desk: Desk, urls: DatabaseUrls
) -> None:
    made = await desk.propose()
    insert = (
        "insert into foundation.proposal_ends"
        " (proposal_id, state, proposed_by, expires_at, digest, ended_by, ended_at, end_note)"
        " values (%(id)s, %(state)s, %(proposed_by)s, %(expires_at)s, %(digest)s, %(by)s, %(at)s, '')"
    )
    right = {
        "id": made.id,
        "state": "approved",
        "proposed_by": ANN,
        "expires_at": made.expires_at,
        "digest": made.digest,
        "by": BO,
        "at": desk.clock.now(),
    }
    wrong = (
        {"by": ANN},
        {"by": ANN.upper()},
        {"proposed_by": CY},
        {"state": "withdrawn"},
        {"at": made.expires_at},
        {"expires_at": made.expires_at + timedelta(days=9)},
        {"digest": "0" * 64},
    )
    async with await psycopg.AsyncConnection.connect(urls.application, autocommit=True) as connection:
        for change in wrong:
            with pytest.raises(psycopg.IntegrityError):
                await connection.execute(insert, right | change)
        await connection.execute(insert, right)


async def test_a_proposal_without_a_readable_reason_or_beyond_all_size_is_refused(desk: Desk) -> None:
    for content, note in (
        (b"{}", " "),
        (b"{}", "x" * 1_001),
        (b"{}", "why\x00"),
        (b"{}", "why\u202eyhw"),
        (b"", "why"),
        (b"x" * (LARGEST_CONTENT + 1), "why"),
    ):
        with pytest.raises(ProposalMalformed):
            await desk.propose(content, note=note)
    assert await desk.listed() == []
    made = await desk.propose()
    with pytest.raises(ProposalMalformed):
        await desk.decide(made.id, approve=False, note="no\x00")


async def test_a_proposal_of_another_kind_is_not_found_by_who_carries_out_this_one(desk: Desk) -> None:
    made = await desk.propose()
    assert await desk.get(made.id, kind="tests") == await desk.get(made.id, kind="tests.fees")
    for kind in ("tests.fee", "test", "channels"):
        with pytest.raises(NoSuchProposal):
            await desk.get(made.id, kind=kind)
    with pytest.raises(NoSuchProposal):
        await desk.get("prop_none")


async def test_proposals_are_listed_newest_first_page_by_page_and_by_what_they_are(desk: Desk) -> None:
    first, second, third = [(await desk.propose(by=by)).id for by in (ANN, BO, ANN)]
    await desk.decide(first, by=CY)
    assert await desk.listed(limit=2) == [third, second]
    assert await desk.listed(before=second) == [first]
    assert await desk.listed(state=ProposalState.OPEN) == [third, second]
    assert await desk.listed(proposed_by=ANN) == [third, first]
    assert await desk.listed(kind="tests", subject="teapot", state=ProposalState.APPROVED) == [first]
    assert await desk.listed(kind="other") == await desk.listed(subject="kettle") == []
    desk.clock.move(days=8)
    assert await desk.listed(state=ProposalState.EXPIRED) == [third, second]
