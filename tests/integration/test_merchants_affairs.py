"""Do fees, settlement, stores and the standing of a merchant change as agreed, by whoever may, and from when on?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.merchants.errors import (
    ApplicationMalformed,
    FeesMalformed,
    MerchantChangedMeanwhile,
    NeedsReview,
    NoSuchMerchantRecord,
    NotFromThisState,
    TerminalKnown,
)
from tael.merchants.model import (
    Cycle,
    Difference,
    FeeTerms,
    Limits,
    MerchantFilter,
    MerchantState,
    Price,
    RiskLevel,
    TerminalKind,
    Tier,
    flat_rate,
)
from tael.merchants.schemas import (
    AccountSection,
    AddPromotion,
    ChangeFeePlan,
    ChangeSettlement,
    ChangeTerms,
    CloseMerchant,
    CloseStore,
    CloseTerminal,
    CreateStore,
    CreateTerminal,
    EditStore,
    EditTerminal,
    GiveNotice,
    ProposeAccount,
    ResumeMerchant,
    SetRisk,
    SuspendMerchant,
)
from tael.testing.merchants import ANN, BO, OWNER, MerchantsDesk

CARD = FeeTerms(
    default=Price(rate_millionths=3_000),
    by_method={"card": Price(rate_millionths=8_000, limits={"CNY": Limits(floor_minor=10)})},
)


@pytest.fixture
async def desk(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[MerchantsDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield MerchantsDesk(database, tmp_path)
    await database.close()


async def paid_by(desk: MerchantsDesk, merchant_id: str) -> FeeTerms:
    return (await desk.merchants.terms_of(merchant_id, desk.clock.now()))[1]


async def test_a_fee_plan_is_seen_side_by_side_and_begins_at_its_moment(desk: MerchantsDesk) -> None:
    merchant = await desk.active()
    tomorrow = desk.clock.now() + timedelta(days=1)
    plan = ChangeFeePlan(
        effective_from=tomorrow,
        tiers=(Tier(from_minor=0, terms=CARD), Tier(from_minor=1_000, terms=flat_rate(20))),
    )
    proposal = await desk.proposed(merchant, plan)
    assert list(proposal.differences)[:2] == [
        Difference(field="tiers.0.terms.default.rate_millionths", before="3800", after="3000"),
        Difference(field="tiers.0.terms.by_method.card.limits.CNY.floor_minor", before="", after="10"),
    ]
    assert await paid_by(desk, merchant.id) == flat_rate(38)
    await desk.decided(proposal)
    assert await paid_by(desk, merchant.id) == flat_rate(38)
    desk.clock.move(days=1)
    assert await paid_by(desk, merchant.id) == CARD
    assert (await desk.merchants.reads.fees(merchant.id)).terms == CARD


async def test_a_plan_of_the_past_or_beside_what_was_seen_is_refused(desk: MerchantsDesk) -> None:
    merchant = await desk.active()
    soon = desk.clock.now() + timedelta(hours=1)
    first, second = (
        ChangeFeePlan(effective_from=soon, tiers=(Tier(from_minor=0, terms=flat_rate(rate)),))
        for rate in (30, 20)
    )
    proposals = [await desk.proposed(merchant, each) for each in (first, second)]
    await desk.decided(proposals[0])
    with pytest.raises(MerchantChangedMeanwhile):
        await desk.decided(proposals[1])
    desk.clock.move(hours=2)
    with pytest.raises(FeesMalformed):
        await desk.proposed(merchant, second)


async def test_a_promotion_holds_for_its_time_alone(desk: MerchantsDesk) -> None:
    merchant = await desk.active()
    now = desk.clock.now()
    spring = AddPromotion(
        name="spring",
        begins_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=3),
        by_method={"wallet": Price(rate_millionths=0)},
    )
    await desk.changed(merchant, spring)
    desk.clock.move(hours=1)
    assert (await paid_by(desk, merchant.id)).price_of("wallet") == Price(rate_millionths=0)
    desk.clock.move(hours=2)
    assert await paid_by(desk, merchant.id) == flat_rate(38)
    with pytest.raises(FeesMalformed):
        await desk.proposed(merchant, msgspec.structs.replace(spring, by_method={}))


# Settlement.


async def test_money_goes_to_another_account_once_somebody_of_ours_has_looked_at_it(
    desk: MerchantsDesk,
) -> None:
    merchant = await desk.active()
    account = AccountSection(holder="Blue Teapot", number="6217001210024455", bank_name="建设银行")
    asked = await desk.do(merchant.id, ProposeAccount(account=account, note="we changed banks"))
    assert "6217001210024455" not in msgspec.json.encode(asked).decode()
    assert Difference(field="account.number", before="************2230", after="************4455") in list(
        asked.differences
    )
    wrong = msgspec.structs.replace(account, number="62170012100A")
    with pytest.raises(ApplicationMalformed):
        await desk.do(merchant.id, ProposeAccount(account=wrong, note="typing error"))

    reads = desk.merchants.reads
    before = await reads.settlement_at(merchant.id, desk.clock.now())
    desk.clock.move(hours=1)
    await desk.decided(asked)
    after = await reads.settlement_at(merchant.id, desk.clock.now())
    assert before.account is not None
    assert after.account is not None
    assert after.account.number == "************4455"
    assert (after.set_by, after.approved_by) == (OWNER, BO)
    assert await reads.settlement_at(merchant.id, desk.clock.now() - timedelta(minutes=1)) == before


async def test_a_merchant_settles_more_slowly_by_itself_and_faster_only_with_us(desk: MerchantsDesk) -> None:
    merchant = await desk.active()
    slower = await desk.do(merchant.id, ChangeSettlement(cycle=Cycle.WEEKLY, minimum_minor=10_000))
    assert (slower.cycle, slower.minimum_minor, slower.approved_by) == (Cycle.WEEKLY, 10_000, None)
    assert slower.account is not None
    with pytest.raises(NeedsReview):
        await desk.do(merchant.id, ChangeSettlement(cycle=Cycle.D1))
    desk.clock.move(seconds=1)
    await desk.changed(merchant, ChangeTerms(cycle=Cycle.D1, reserve_basis_points=500))
    now = await desk.merchants.reads.settlement_at(merchant.id, desk.clock.now())
    assert (now.cycle, now.minimum_minor, now.reserve_basis_points) == (Cycle.D1, 10_000, 500)
    assert len(await desk.merchants.reads.settlement(merchant.id)) == 3


# Standing.


async def test_a_suspended_merchant_gives_back_but_takes_nothing_new_until_two_resume_it(
    desk: MerchantsDesk,
) -> None:
    merchant = await desk.active()
    await desk.do(merchant.id, SuspendMerchant(reason="complaints"), actor=ANN)
    view = await desk.merchants.reads.merchant(merchant.id)
    assert (view.merchant.state, view.merchant.state_reason) == (MerchantState.SUSPENDED, "complaints")
    assert not {"payments.write", "counter.charge", "checkout.write"} & set(view.may)
    assert {"payments.refund", "payments.read", "disputes.write", "exports.write"} <= set(view.may)
    with pytest.raises(NotFromThisState):
        await desk.do(merchant.id, SuspendMerchant(reason="again"), actor=ANN)
    await desk.changed(merchant, ResumeMerchant())
    assert (await desk.merchants.reads.merchant(merchant.id)).live


async def test_a_merchant_is_closed_after_its_notice_and_once_nothing_is_open(desk: MerchantsDesk) -> None:
    merchant = await desk.active()
    closing = await desk.do(merchant.id, GiveNotice(reason="we retire"))
    assert closing.state is MerchantState.CLOSING
    assert closing.closes_at == desk.clock.now() + timedelta(days=30)
    asked = []

    async def still_open(merchant_id: str) -> bool:
        asked.append(merchant_id)
        return len(asked) == 1

    await desk.merchants.close_due(still_open)
    assert asked == []
    desk.clock.move(days=30)
    await desk.merchants.close_due(still_open)
    assert (await desk.merchants.find([merchant.id]))[merchant.id].state is MerchantState.CLOSING
    await desk.merchants.close_due(still_open)
    assert (await desk.merchants.find([merchant.id]))[merchant.id].state is MerchantState.CLOSED
    with pytest.raises(NotFromThisState):
        await desk.proposed(merchant, ResumeMerchant())


async def test_notice_by_the_platform_takes_two_and_can_be_taken_back_by_two(desk: MerchantsDesk) -> None:
    merchant = await desk.active()
    await desk.changed(merchant, CloseMerchant(notice_days=10, reason="no sales for a year"))
    [listed] = await desk.merchants.reads.merchants(MerchantFilter(state=MerchantState.CLOSING))
    assert (listed.id, listed.closes_at) == (merchant.id, desk.clock.now() + timedelta(days=10))
    await desk.changed(merchant, ResumeMerchant())
    view = await desk.merchants.reads.merchant(merchant.id)
    assert (view.live, view.merchant.closes_at) == (True, None)


async def test_merchants_are_found_by_state_risk_name_and_the_day_of_their_review(
    desk: MerchantsDesk,
) -> None:
    blue, green = await desk.active("Blue Teapot"), await desk.applicant("Green Teapot")
    reads = desk.merchants.reads
    approval = desk.approval().risk
    high = msgspec.structs.replace(approval, level=RiskLevel.HIGH)
    await desk.do(blue.id, SetRisk(risk=high), actor=ANN)

    async def found(**wanted: object) -> list[str]:
        return [each.id for each in await reads.merchants(MerchantFilter(**wanted))]  # type: ignore[arg-type]

    assert await found() == [green.id, blue.id]
    assert await found(after=green.id) == [blue.id]
    assert await found(name="green") == [green.id]
    assert await found(risk=RiskLevel.HIGH) == [blue.id]
    assert await found(application="draft") == [green.id]
    assert await found(review_before=approval.review_on) == []
    assert await found(review_before=approval.review_on + timedelta(days=1)) == [blue.id]
    assert (await reads.counts())["application.draft"] == 1


# Stores.


async def test_stores_and_terminals_are_opened_changed_and_closed_by_their_merchant_alone(
    desk: MerchantsDesk,
) -> None:
    merchant, other = await desk.active(), await desk.applicant("Green Teapot")
    store = await desk.do(
        merchant.id, CreateStore(name="West Lake", address="12 Teapot Lane", region="330106")
    )
    wanted = CreateTerminal(store_id=store.id, serial="SN-1", kind=TerminalKind.SCANNER, name="Till 1")
    terminal = await desk.do(merchant.id, wanted)
    with pytest.raises(TerminalKnown):
        await desk.do(merchant.id, wanted)
    with pytest.raises(NoSuchMerchantRecord):
        await desk.do(other.id, wanted)
    for command in (EditStore(name="x"), CloseStore()):
        with pytest.raises(NoSuchMerchantRecord):
            await desk.do(store.id, command, of=other.id)

    renamed = await desk.do(store.id, EditStore(name="East Lake"), of=merchant.id)
    assert (renamed.name, renamed.address) == ("East Lake", "12 Teapot Lane")
    await desk.do(terminal.id, EditTerminal(name="Till 2"), of=merchant.id)
    await desk.do(store.id, CloseStore(), of=merchant.id)
    reads = desk.merchants.reads
    assert (await reads.terminal(merchant.id, terminal.id)).closed_at == desk.clock.now()
    assert await reads.terminals(merchant.id, open_only=True) == []
    assert [each.name for each in await reads.terminals(merchant.id, store_id=store.id)] == ["Till 2"]
    with pytest.raises(NotFromThisState):
        await desk.do(merchant.id, wanted)
    with pytest.raises(NotFromThisState):
        await desk.do(terminal.id, EditTerminal(name="x"), of=merchant.id)
    closed = await desk.do(terminal.id, CloseTerminal(), of=merchant.id)
    assert closed.name == "Till 2"
