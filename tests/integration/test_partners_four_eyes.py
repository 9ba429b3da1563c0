"""Does anything that moves real money change with one person, late, twice, or after what it rests on has changed?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation import proposals
from tael.foundation.db import Database
from tael.foundation.proposals import (
    LIFETIME,
    NoSuchProposal,
    NotYours,
    ProposalDiffers,
    ProposalEnded,
    ProposalState,
    SameEyes,
)
from tael.partners import store
from tael.partners.errors import (
    ChangedMeanwhile,
    FeesOverlap,
    NoSuchRecord,
    NotFromHere,
    NotReady,
    PartnerMalformed,
    StepUnfinished,
)
from tael.partners.model import DocumentKind, FeeLine, Part, State, Step, Weights
from tael.partners.schemas import (
    Change,
    ChangeFees,
    ChangeGuard,
    ChangeWeights,
    Command,
    Decide,
    EndDocument,
    GoBack,
    ProposalBody,
    RecordAcceptance,
    Suspend,
    TickCheck,
    Withdraw,
)
from tael.partners.usecases import rounds
from tael.testing.partners import ANN, BO, CY, LINE, PartnersDesk

HALF_THE_TRAFFIC = ChangeGuard(
    share_basis_points=5_000, largest_failure_basis_points=9_000, smallest_sample=1_000_000
)


@pytest.fixture
async def desk(urls: DatabaseUrls) -> AsyncIterator[PartnersDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield PartnersDesk(database)
    await database.close()


async def seen(desk: PartnersDesk) -> tuple[State, int, int]:
    """State, share and number of fee tables: what no one person may change."""
    terms = (await desk.partners.terms())["alpha"]
    return terms.state, terms.share_basis_points, len(terms.fees)


async def test_s11_one_person_changes_nothing_that_moves_real_money(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    before = await seen(desk)
    later = desk.clock.now() + timedelta(days=1)
    [table] = await desk.partners.reads.fee_tables(channel="alpha")
    changes: list[Change] = [
        HALF_THE_TRAFFIC,
        Suspend(reason="complaints"),
        ChangeFees(effective_from=later, lines=(LINE,), ends=table.id),
    ]
    for change in changes:
        proposal = await desk.propose("alpha", change)
        for approve in (True, False):
            with pytest.raises(SameEyes):
                await desk.decide(proposal, by=ANN, approve=approve)
        assert await seen(desk) == before
    assert len(await desk.partners.reads.proposals(state=ProposalState.OPEN)) == 3


async def test_s11_what_was_approved_is_done_once_and_with_both_names(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    proposal = await desk.propose("alpha", HALF_THE_TRAFFIC)
    done = await desk.decide(proposal, by=BO)
    assert (done.state, done.proposed_by, done.ended_by) == (ProposalState.APPROVED, ANN, BO)
    assert (await seen(desk))[1] == 5_000
    await desk.agree("alpha", desk_share(100))
    with pytest.raises(ProposalEnded):
        await desk.decide(proposal, by=CY)
    assert (await seen(desk))[1] == 100


def desk_share(share: int) -> ChangeGuard:
    return msgspec.structs.replace(HALF_THE_TRAFFIC, share_basis_points=share)


async def test_s11_refused_withdrawn_and_expired_proposals_do_nothing(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    before = await seen(desk)
    refused, withdrawn, expired = [await desk.propose("alpha", HALF_THE_TRAFFIC) for _ in range(3)]
    await desk.decide(refused, approve=False)
    with pytest.raises(NotYours):
        await desk.partners.do(withdrawn.id, Withdraw(), actor=BO)
    await desk.partners.do(withdrawn.id, Withdraw(note="a slip"), actor=ANN)
    desk.clock.move(seconds=LIFETIME.total_seconds())
    for proposal in (refused, withdrawn, expired):
        with pytest.raises(ProposalEnded):
            await desk.decide(proposal)
    assert await seen(desk) == before


async def test_s11_who_read_something_else_than_was_proposed_approves_nothing(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    small, large = await desk.propose("alpha", desk_share(10)), await desk.propose("alpha", desk_share(9_999))
    with pytest.raises(ProposalDiffers):
        await desk.partners.do(large.id, Decide(approve=True, digest=small.digest), actor=BO)
    assert (await seen(desk))[1] == 500


async def test_s11_what_changed_since_it_was_proposed_is_not_approved(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    stale = await desk.propose("alpha", HALF_THE_TRAFFIC)
    await desk.agree("alpha", desk_share(100))
    with pytest.raises(ChangedMeanwhile):
        await desk.decide(stale)
    assert (await seen(desk))[1] == 100
    assert (await desk.partners.reads.proposal(stale.id)).state is ProposalState.OPEN


async def test_s11_what_it_rests_on_has_to_hold_when_it_is_approved(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    await desk.finish("alpha", Step.ACCEPTANCE)
    await desk.fees("alpha")
    proposal = await desk.propose("alpha", desk.canary())
    [contract] = await desk.partners.reads.documents(channel="alpha", kind=DocumentKind.CONTRACT)
    ended = EndDocument(ended_on=desk.today - timedelta(days=1), reason="cancelled")
    await desk.partners.do(contract.id, ended, actor=CY)
    with pytest.raises(NotReady):
        await desk.decide(proposal)
    await desk.upload("alpha", DocumentKind.CONTRACT)
    taken_back = TickCheck(step=Step.ACCEPTANCE, name="report_read", holds=False)
    await desk.partners.do("alpha", taken_back, actor=CY)
    with pytest.raises(StepUnfinished):
        await desk.decide(proposal)
    await desk.partners.do("alpha", GoBack(reason="start over", owner=ANN), actor=ANN)
    with pytest.raises((NotFromHere, ChangedMeanwhile)):
        await desk.decide(proposal)
    assert (await seen(desk))[:2] == (State.INTEGRATION, 0)


async def test_s11_fee_tables_never_hold_at_the_same_time(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    march = desk.clock.now()
    april, may = march + timedelta(days=31), march + timedelta(days=61)
    one = await desk.propose("alpha", ChangeFees(effective_from=march, effective_until=may, lines=(LINE,)))
    other = await desk.propose("alpha", ChangeFees(effective_from=april, lines=(LINE,)))
    await desk.decide(one)
    with pytest.raises(FeesOverlap):
        await desk.decide(other)
    with pytest.raises(FeesOverlap):
        await desk.propose("alpha", ChangeFees(effective_from=april, effective_until=may, lines=(LINE,)))
    [first] = await desk.partners.reads.fee_tables(channel="alpha")
    with pytest.raises(NoSuchRecord):
        await desk.propose(
            "alpha",
            ChangeFees(effective_from=april, lines=(LINE,), ends="fee_00000000000000000000000000"),
        )
    with pytest.raises(PartnerMalformed):
        await desk.propose("alpha", ChangeFees(effective_from=march, lines=(LINE,), ends=first.id))
    await desk.agree("alpha", ChangeFees(effective_from=april, lines=(LINE,), ends=first.id))
    await desk.agree(
        "alpha", ChangeFees(effective_from=march - timedelta(days=9), effective_until=march, lines=(LINE,))
    )
    tables = await desk.partners.reads.fee_tables(channel="alpha")
    spans = sorted((table.effective_from, table.effective_until) for table in tables[:2])
    assert spans == [(march - timedelta(days=9), march), (april, None)]
    assert tables[2].effective_until == april


async def test_s11_of_two_approvals_at_the_same_moment_that_exclude_each_other_one_gets_through(
    desk: PartnersDesk,
) -> None:
    await desk.walk("alpha", State.CANARY)
    later = desk.clock.now() + timedelta(days=1)
    [table] = await desk.partners.reads.fee_tables(channel="alpha")
    fees = [
        await desk.propose("alpha", ChangeFees(effective_from=later, lines=(LINE,), ends=table.id))
        for _ in range(4)
    ]
    guards = [await desk.propose("alpha", desk_share(share)) for share in (10, 20, 30, 40)]
    answers = await asyncio.gather(
        *[desk.decide(proposal) for proposal in (*fees, *guards)], return_exceptions=True
    )
    through = [answer for answer in answers if isinstance(answer, ProposalBody)]
    assert len([body for body in through if isinstance(body.change, ChangeFees)]) == 1
    assert len([body for body in through if isinstance(body.change, ChangeGuard)]) == 1
    refused = [answer for answer in answers if not isinstance(answer, ProposalBody)]
    assert {type(answer) for answer in refused} == {PartnerMalformed, ChangedMeanwhile}
    assert len(await desk.partners.reads.fee_tables(channel="alpha")) == 2


async def test_s11_what_an_approval_rests_on_does_not_change_while_it_is_decided(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    [contract] = await desk.partners.reads.documents(channel="alpha", kind=DocumentKind.CONTRACT)
    changes: list[tuple[str, Command[Any]]] = [
        (contract.id, EndDocument(ended_on=desk.today, reason="cancelled")),
        ("alpha", TickCheck(step=Step.CANARY, name="bills_agree")),
        ("alpha", RecordAcceptance(content=desk.report("alpha"))),
    ]
    async with desk.database.transaction() as deciding:
        await store.find_partner(deciding, "alpha", lock=True)
        others = [
            asyncio.create_task(desk.partners.do(about, command, actor=CY)) for about, command in changes
        ]
        await asyncio.wait(others, timeout=1)
        assert not any(other.done() for other in others)
    await asyncio.gather(*others)


async def test_a_canary_that_two_workers_judge_steps_back_once(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    desk.channels.measured("alpha", desk.clock.now(), calls=100, by_error={"transport": 100})

    async def judge() -> bool:
        async with desk.database.transaction() as tx:
            return await rounds.judge_canary(desk.partners._desk, tx, "alpha") is not None

    async with desk.database.transaction() as first:
        assert await rounds.judge_canary(desk.partners._desk, first, "alpha") is not None
        second = asyncio.create_task(judge())
        await asyncio.wait([second], timeout=0.5)
    assert not await second
    assert len(await desk.partners.reads.history("alpha", what="partners.step_back")) == 1


async def test_s11_fees_that_cannot_be_are_refused_before_anybody_is_asked(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    for lines in (
        (LINE, LINE),
        (FeeLine(currency="XXQ"),),
        (FeeLine(currency="CNY", rate_millionths=1_000_001),),
        (FeeLine(currency="CNY", floor_minor=10, cap_minor=9),),
        (FeeLine(currency="CNY", fixed_minor=2**63),),
        (FeeLine(currency="CNY", card_kind="a\x00b"),),
    ):
        with pytest.raises(PartnerMalformed):
            await desk.propose("alpha", ChangeFees(effective_from=desk.clock.now(), lines=lines))
    assert await desk.partners.reads.proposals() == []


async def test_s11_the_weights_of_the_scorecard_take_two_people_too(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    only_effort = Weights(stability=0, coverage=0, security=0, fees=0, effort=10)
    nothing = msgspec.structs.replace(only_effort, effort=0)
    change = ChangeWeights(effective_from=desk.clock.now(), weights=only_effort)
    with pytest.raises(PartnerMalformed):
        await desk.propose("alpha", change)
    with pytest.raises(PartnerMalformed):
        await desk.propose("*", msgspec.structs.replace(change, weights=nothing))
    proposal = await desk.propose("*", change)
    now = desk.clock.now()
    [card] = await desk.partners.scorecards(since=now - timedelta(days=1), until=now)
    assert card.parts[Part.EFFORT].weight == 10
    assert card.parts[Part.COVERAGE].weight == 15
    await desk.decide(proposal)
    [card] = await desk.partners.scorecards(since=now - timedelta(days=1), until=now)
    assert card.parts[Part.COVERAGE].weight == 0
    assert card.total == card.parts[Part.EFFORT].score


async def test_s11_a_proposal_of_another_context_is_not_decided_here(desk: PartnersDesk) -> None:

    async with desk.database.transaction() as tx:
        foreign = await proposals.propose(
            tx,
            kind="channels.configuration",
            subject="alpha",
            content=b"{}",
            note="keys",
            by=ANN,
            now=desk.clock.now(),
        )
    with pytest.raises(NoSuchProposal):
        await desk.partners.do(foreign.id, Decide(approve=True, digest=foreign.digest), actor=BO)
    with pytest.raises(NoSuchProposal):
        await desk.partners.do(foreign.id, Withdraw(), actor=ANN)
