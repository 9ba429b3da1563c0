"""Does a channel come its whole way, and never past what is missing?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import psycopg
import pytest

from tael.acceptance.errors import ReportRefused
from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.foundation.db import Database
from tael.foundation.errors import Malformed
from tael.foundation.signing import make_key
from tael.partners.errors import (
    AcceptanceRefused,
    EndedAlready,
    MovesRealMoney,
    NoSuchPartner,
    NotFromHere,
    NotReady,
    PartnerExists,
    PartnerMalformed,
    StepUnfinished,
    TooEarly,
)
from tael.partners.model import DocumentKind, Lack, Move, State, Step
from tael.partners.schemas import (
    Advance,
    AssignStep,
    ChangeFees,
    ChangeGuard,
    EndDocument,
    EndTrial,
    GoBack,
    GoLive,
    OpenPartner,
    RecordAcceptance,
    Resume,
    Retire,
    StartTrial,
    Suspend,
    TickCheck,
    UploadDocument,
)
from tael.testing.partners import ANN, BO, LINE, PartnersDesk, capabilities_of_a_wallet


@pytest.fixture
async def desk(urls: DatabaseUrls) -> AsyncIterator[PartnersDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield PartnersDesk(database)
    await database.close()


async def state_of(desk: PartnersDesk, channel: str = "alpha") -> State:
    return (await desk.partners.reads.partner(channel, today=desk.today)).partner.state


async def share_of(desk: PartnersDesk, channel: str = "alpha") -> int:
    return (await desk.partners.terms())[channel].share_basis_points


async def test_a_channel_comes_its_whole_way_from_research_to_retirement(desk: PartnersDesk) -> None:
    live = await desk.walk("alpha", State.LIVE)
    assert live.state is State.LIVE
    assert await share_of(desk) == 10_000

    await desk.agree("alpha", Suspend(reason="complaints"))
    assert (await state_of(desk), await share_of(desk)) == (State.SUSPENDED, 0)
    await desk.agree("alpha", Resume())
    assert (await state_of(desk), await share_of(desk)) == (State.LIVE, 10_000)
    await desk.agree("alpha", Suspend(reason="contract ends"))
    await desk.agree("alpha", Retire(reason="contract ended"))
    assert (await state_of(desk), await share_of(desk)) == (State.RETIRED, 0)

    moves = [
        line.to_state
        for line in reversed(await desk.partners.reads.history("alpha", limit=200))
        if line.to_state
    ]
    assert moves == [
        State.NEGOTIATION,
        State.CONTRACT,
        State.INTEGRATION,
        State.ACCEPTANCE,
        State.CANARY,
        State.LIVE,
        State.SUSPENDED,
        State.LIVE,
        State.SUSPENDED,
        State.RETIRED,
    ]


async def test_a_step_with_an_unticked_check_or_a_missing_paper_is_not_done(desk: PartnersDesk) -> None:
    await desk.open()
    onward = Advance(owner=ANN)
    with pytest.raises(StepUnfinished, match="licence_verified"):
        await desk.partners.do("alpha", onward, actor=ANN)
    await desk.finish("alpha", Step.RESEARCH, papers=False)
    with pytest.raises(StepUnfinished, match="licence in force"):
        await desk.partners.do("alpha", onward, actor=ANN)
    await desk.upload("alpha", DocumentKind.LICENCE)
    taken_back = TickCheck(step=Step.RESEARCH, name="risks_named", holds=False, note="a new one")
    await desk.partners.do("alpha", taken_back, actor=BO)
    with pytest.raises(StepUnfinished, match="risks_named"):
        await desk.partners.do("alpha", onward, actor=ANN)
    await desk.partners.do("alpha", TickCheck(step=Step.RESEARCH, name="risks_named"), actor=BO)

    assert (await desk.partners.do("alpha", onward, actor=ANN)).state is State.NEGOTIATION
    view = await desk.partners.reads.partner("alpha", today=desk.today)
    ticked = {check.name: check.ticked_by for check in view.checks if check.step is Step.RESEARCH}
    assert ticked == {"licence_verified": ANN, "products_fit": ANN, "risks_named": BO}
    assert view.missing_papers == [DocumentKind.OFFER]


async def test_the_outlook_names_what_the_next_moves_would_be_refused_for(desk: PartnersDesk) -> None:
    await desk.open()
    early = await desk.partners.outlook("alpha")
    assert (early.alone, early.together) == ([Move.ADVANCE, Move.START_TRIAL], [Move.RETIRE])
    assert early.open_checks == ["licence_verified", "products_fit", "risks_named"]
    assert early.missing_papers == [DocumentKind.LICENCE]
    assert (early.lacks, early.set_up, early.calls) == (list(Lack), True, None)
    await desk.finish("alpha", Step.RESEARCH)
    ready = await desk.partners.outlook("alpha")
    assert (ready.open_checks, ready.missing_papers) == ([], [])
    await desk.walk("beta", State.CANARY)
    canary = await desk.partners.outlook("beta")
    assert canary.together == [Move.GO_LIVE, Move.SUSPEND], "the guard alone steps back"
    assert (canary.lacks, canary.calls, canary.failures) == ([], 0, 0)
    desk.version = "1.1.0"
    assert (await desk.partners.outlook("beta")).lacks == [Lack.ACCEPTANCE], "of the connector as it is"
    del desk.channels.known["alpha"]
    unknown = await desk.partners.outlook("alpha")
    assert (unknown.set_up, unknown.lacks) == (False, list(Lack))
    with pytest.raises(NoSuchPartner):
        await desk.partners.outlook("gamma")


async def test_checks_that_do_not_exist_or_lie_ahead_cannot_be_ticked(desk: PartnersDesk) -> None:
    await desk.open()
    with pytest.raises(PartnerMalformed, match="not on the list"):
        await desk.partners.do("alpha", TickCheck(step=Step.RESEARCH, name="all_good"), actor=ANN)
    with pytest.raises(TooEarly):
        await desk.partners.do("alpha", TickCheck(step=Step.CONTRACT, name="legal_reviewed"), actor=ANN)


async def test_a_paper_that_is_out_of_force_does_not_count(desk: PartnersDesk) -> None:
    await desk.open()
    await desk.finish("alpha", Step.RESEARCH)
    await desk.partners.do("alpha", Advance(owner=ANN), actor=ANN)
    await desk.finish("alpha", Step.NEGOTIATION, papers=False)
    await desk.upload("alpha", DocumentKind.OFFER, until=desk.today + timedelta(days=10))
    desk.clock.move(days=11)
    with pytest.raises(StepUnfinished, match="offer in force"):
        await desk.partners.do("alpha", Advance(owner=ANN), actor=ANN)


async def test_a_step_that_is_done_again_keeps_what_was_ticked(desk: PartnersDesk) -> None:
    await desk.open()
    await desk.finish("alpha", Step.RESEARCH)
    await desk.partners.do("alpha", Advance(owner=ANN), actor=ANN)
    back = await desk.partners.do("alpha", GoBack(reason="other products", owner=BO), actor=ANN)
    assert back.state is State.RESEARCH
    due_on = desk.today + timedelta(days=3)
    step = await desk.partners.do("alpha", AssignStep(owner=BO, due_on=due_on), actor=ANN)
    assert (step.owner, step.due_on, step.done_at) == (BO, due_on, None)
    assert (await desk.partners.do("alpha", Advance(owner=ANN), actor=BO)).state is State.NEGOTIATION


async def test_a_channel_is_opened_once_and_named_as_channels_are(desk: PartnersDesk) -> None:
    await desk.open()
    with pytest.raises(PartnerExists):
        await desk.open()
    for name in ("Alpha", "al-pha", "al pha", "", "../etc", "ä"):
        with pytest.raises(PartnerMalformed):
            await desk.partners.do(name, OpenPartner(title="x", owner=ANN), actor=ANN)
    with pytest.raises(NoSuchPartner):
        await desk.partners.do("beta", Advance(owner=ANN), actor=ANN)
    with pytest.raises(Malformed):
        await desk.partners.do("beta", OpenPartner(title="", owner=ANN), actor=ANN)


async def test_no_real_money_without_acceptance_contract_and_fees(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    await desk.finish("alpha", Step.ACCEPTANCE)
    [contract] = await desk.partners.reads.documents(channel="alpha", kind=DocumentKind.CONTRACT)

    with pytest.raises(NotReady, match="a fee table in force"):
        await desk.propose("alpha", desk.canary())
    await desk.fees("alpha")
    last_day = EndDocument(ended_on=desk.today - timedelta(days=1), reason="never countersigned")
    await desk.partners.do(contract.id, last_day, actor=ANN)
    with pytest.raises(NotReady, match="a contract in force"):
        await desk.propose("alpha", desk.canary())
    with pytest.raises(EndedAlready):
        await desk.partners.do(contract.id, last_day, actor=ANN)
    await desk.upload("alpha", DocumentKind.CONTRACT)
    await desk.agree("alpha", desk.canary())
    assert await share_of(desk) == 500


@pytest.mark.parametrize("what", ["other version", "other promises", "too old"])
async def test_an_acceptance_of_something_else_or_long_ago_does_not_count(
    desk: PartnersDesk, what: str
) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    await desk.finish("alpha", Step.ACCEPTANCE)
    await desk.fees("alpha")
    if what == "other version":
        desk.version = "1.0.1"
    elif what == "other promises":
        more = frozenset({Product.CODE, Product.H5, Product.PAGE})
        desk.channels.known["alpha"] = msgspec.structs.replace(capabilities_of_a_wallet(), products=more)
    else:
        desk.clock.move(days=181)
    with pytest.raises(NotReady, match="a passed acceptance of version"):
        await desk.propose("alpha", desk.canary())
    await desk.partners.do("alpha", RecordAcceptance(content=desk.report("alpha")), actor=ANN)
    assert (await desk.propose("alpha", desk.canary())).about == "alpha"


async def test_reports_that_cannot_be_believed_are_refused_and_failed_ones_are_kept(
    desk: PartnersDesk,
) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    good = desk.report("alpha")
    altered = good.replace(b'"1.0.0"', b'"1.0.1"')
    for content in (altered, b"{}", b"\x00", good[:-2]):
        with pytest.raises(ReportRefused):
            await desk.partners.do("alpha", RecordAcceptance(content=content), actor=ANN)
    for changes in ({"channel": "beta"}, {"connector": "other"}):
        with pytest.raises(AcceptanceRefused):
            await desk.partners.do(
                "alpha", RecordAcceptance(content=desk.report("alpha", **changes)), actor=ANN
            )
    partial = await desk.partners.do(
        "alpha", RecordAcceptance(content=desk.report("alpha", complete=False)), actor=ANN
    )
    empty = await desk.partners.do(
        "alpha", RecordAcceptance(content=desk.report("alpha", cases=[])), actor=ANN
    )
    assert not partial.passed
    assert not empty.passed
    desk.key = make_key("ed25519")
    with pytest.raises(ReportRefused):
        await desk.partners.do("alpha", RecordAcceptance(content=good), actor=ANN)
    with pytest.raises(PartnerMalformed):
        await desk.partners.do(
            "alpha",
            UploadDocument(kind=DocumentKind.ACCEPTANCE_REPORT, name="report.json", content=good),
            actor=ANN,
        )
    assert [each.id for each in await desk.partners.reads.acceptances(channel="alpha")] == [
        empty.id,
        partial.id,
    ]


async def test_a_canary_goes_live_after_enough_good_calls_only(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    with pytest.raises(StepUnfinished):
        await desk.propose("alpha", GoLive())
    await desk.finish("alpha", Step.CANARY)
    desk.channels.measured("alpha", desk.clock.now(), calls=99)
    with pytest.raises(TooEarly, match="99 calls"):
        await desk.propose("alpha", GoLive())
    desk.channels.measured("alpha", desk.clock.now(), calls=101, by_error={"channel": 11})
    with pytest.raises(TooEarly, match="11 failed"):
        await desk.propose("alpha", GoLive())
    desk.channels.measured("alpha", desk.clock.now(), calls=100, by_error={"payer": 90})
    await desk.agree("alpha", GoLive())
    assert await state_of(desk) is State.LIVE


async def test_a_canary_that_fails_its_guard_steps_back_by_itself(
    desk: PartnersDesk, urls: DatabaseUrls
) -> None:
    await desk.walk("alpha", State.CANARY)
    desk.channels.measured("alpha", desk.clock.now(), calls=99, by_error={"transport": 99})
    await desk.partners.judge_canaries()
    assert await state_of(desk) is State.CANARY
    desk.channels.measured("alpha", desk.clock.now(), calls=1)
    await asyncio.gather(*[desk.partners.judge_canaries() for _ in range(3)])

    assert (await state_of(desk), await share_of(desk)) == (State.ACCEPTANCE, 0)
    [line] = await desk.partners.reads.history("alpha", what="partners.step_back")
    assert (line.from_state, line.to_state) == (State.CANARY, State.ACCEPTANCE)
    assert (line.actor, line.note) == ("partners:guard", "99 of 100 calls failed")
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        types = await (
            await owner.execute("select type from foundation.outbox where object_id = 'alpha' order by seq")
        ).fetchall()
    assert [name for (name,) in types][-2:] == ["partners.partner_moved", "partners.canary_stepped_back"]


async def test_a_canary_within_its_guard_goes_on_and_gets_another_share(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    desk.channels.measured("alpha", desk.clock.now(), calls=1_000, by_error={"channel": 50})
    await desk.partners.judge_canaries()
    assert await state_of(desk) is State.CANARY
    stricter = ChangeGuard(share_basis_points=2_000, largest_failure_basis_points=400, smallest_sample=10)
    await desk.agree("alpha", stricter)
    assert await share_of(desk) == 2_000
    await desk.partners.judge_canaries()
    assert await state_of(desk) is State.ACCEPTANCE


async def test_what_was_measured_before_the_canary_does_not_count_against_it(desk: PartnersDesk) -> None:
    desk.channels.measured("alpha", desk.clock.now(), calls=500, by_error={"channel": 500})
    desk.clock.move(hours=2)
    await desk.walk("alpha", State.CANARY)
    await desk.partners.judge_canaries()
    assert await state_of(desk) is State.CANARY


async def test_a_suspended_canary_comes_back_as_a_canary_if_it_is_still_ready(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    await desk.agree("alpha", Suspend(reason="bill missing"))
    assert await share_of(desk) == 0
    desk.clock.move(days=181)
    with pytest.raises(NotReady):
        await desk.propose("alpha", Resume())
    await desk.partners.do("alpha", RecordAcceptance(content=desk.report("alpha")), actor=ANN)
    await desk.agree("alpha", Resume())
    assert (await state_of(desk), await share_of(desk)) == (State.CANARY, 500)


async def test_a_trial_is_for_channels_that_move_no_real_money(desk: PartnersDesk) -> None:
    await desk.open()
    with pytest.raises(MovesRealMoney):
        await desk.partners.do("alpha", StartTrial(), actor=ANN)
    desk.channels.near.add("alpha")
    assert (await desk.partners.do("alpha", StartTrial(), actor=ANN)).state is State.TRIAL
    assert await share_of(desk) == 10_000
    desk.channels.near.remove("alpha")
    desk.clock.move(seconds=2)
    assert await share_of(desk) == 0
    assert (await desk.partners.do("alpha", EndTrial(), actor=ANN)).state is State.RESEARCH


async def test_moves_that_do_not_lead_on_are_refused(desk: PartnersDesk) -> None:
    await desk.open()
    for change in (desk.canary(), GoLive(), Suspend(reason="x"), Resume()):
        with pytest.raises(NotFromHere):
            await desk.propose("alpha", change)
    await desk.agree("alpha", Retire(reason="too dear"))
    for command in (Advance(owner=ANN), GoBack(reason="x", owner=ANN), StartTrial()):
        with pytest.raises((NotFromHere, MovesRealMoney)):
            await desk.partners.do("alpha", command, actor=ANN)


async def test_terms_tell_routing_of_a_change_at_once_and_of_others_within_seconds(
    desk: PartnersDesk,
) -> None:
    await desk.walk("alpha", State.CANARY)
    other = PartnersDesk(desk.database)
    other.channels.known = desk.channels.known
    assert (await other.partners.terms())["alpha"].share_basis_points == 500
    await desk.agree("alpha", Suspend(reason="down"))
    assert await share_of(desk) == 0
    assert await other.partners.terms() is await other.partners.terms()
    other.clock.move(seconds=2)
    assert other.partners.terms_now()["alpha"].share_basis_points == 500
    await other.partners.refresh()
    assert other.partners.terms_now()["alpha"].share_basis_points == 0


async def test_terms_carry_the_fees_that_hold_now_or_later(desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    terms = (await desk.partners.terms())["alpha"]
    [first] = terms.fees
    later = desk.clock.now() + timedelta(days=30)
    dearer = msgspec.structs.replace(LINE, rate_millionths=7_000)
    await desk.agree("alpha", ChangeFees(effective_from=later, lines=(dearer,), ends=first.id))
    now, then = (await desk.partners.terms())["alpha"].fees
    assert (now.id, now.effective_until, then.effective_from) == (first.id, later, later)
    terms = (await desk.partners.terms())["alpha"]
    assert terms.fees_at(later - timedelta(seconds=1)) == now
    assert terms.fees_at(later) == then
