"""Does a merchant see at the portal what it pays, when and where it is settled, and look after its stores?"""

from datetime import timedelta

from tael.foundation.clock import SystemClock
from tael.foundation.proposals import ProposalState
from tael.merchants.model import FeeTerms, Limits, MerchantState, Price, TeamRole, Tier
from tael.merchants.schemas import AddPromotion, ChangeFeePlan, Decide, Propose
from tael.testing.merchants import ACCOUNT, ANN, BO
from tael.testing.platform import Platform
from tests.e2e.portal_desk import seat_in

OTHER = {
    "account.holder": "Blue Teapot Ltd.",
    "account.number": ACCOUNT,
    "account.bank_name": "ICBC",
    "account.bank_code": "",
    "note": "moved to another bank",
}


async def agreed(shop: Platform, merchant_id: str, change: ChangeFeePlan | AddPromotion) -> None:
    """A change that one proposes and another approves."""
    merchants = shop.house.merchants
    proposal = await merchants.do(merchant_id, Propose(change=change, note="as agreed"), actor=ANN)
    await merchants.do(proposal.id, Decide(approve=True, digest=proposal.digest), actor=BO)


async def test_the_fee_page_shows_plans_promotions_and_reckons_in_whole_cents(shop: Platform) -> None:
    merchant = (await shop.new_merchant("Paying Teapot", fee_basis_points=38)).merchant
    later = SystemClock().now() + timedelta(days=30)
    card = Price(
        rate_millionths=8_000, limits={"CNY": Limits(fixed_minor=10, floor_minor=20, cap_minor=5_000)}
    )
    lower = FeeTerms(default=Price(rate_millionths=3_000), by_method={"card": card})
    tiers = (Tier(from_minor=0, terms=lower), Tier(from_minor=1_000_000, terms=lower))
    await agreed(shop, merchant.id, ChangeFeePlan(effective_from=later, tiers=tiers))
    await agreed(
        shop,
        merchant.id,
        AddPromotion(
            name="Spring",
            begins_at=later,
            ends_at=later + timedelta(days=7),
            default=Price(rate_millionths=0),
        ),
    )
    ann = await seat_in(shop, merchant, TeamRole.VIEWER)
    page = (await ann.look("/fees?amount=12.80&method=alipay")).text
    assert "0.38\N{NO-BREAK SPACE}%" in page
    assert "<dd>CN¥0.05</dd>" in page, "4.864 cents are 5"
    assert "<b>CN¥12.75</b>" in page
    for said in (
        "Spring",
        "With CN¥10,000.00 or more last month",
        "0.80\N{NO-BREAK SPACE}%",
        "CN¥50.00",
        "to come",
    ):
        assert said in page, said
    wrong = await ann.look("/fees?amount=a+lot&method=alipay")
    assert wrong.status == 400
    assert "This is no amount such as 100" in wrong.text


async def test_settlement_may_be_slower_at_once_and_another_account_waits_for_the_platform(
    shop: Platform,
) -> None:
    merchant = (await shop.new_merchant("Settled Teapot")).merchant
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    slower = await ann.fill("/settlement", "/settlement/change", cycle="weekly", minimum="100.00")
    assert slower.location == "/portal/settlement"
    page = (await ann.look("/settlement")).text
    assert "<dd>weekly</dd>" in page
    assert "CN¥100.00" in page
    sooner = await ann.fill("/settlement", "/settlement/change", cycle="d1", minimum="100")
    assert "Money would leave sooner" in sooner.text
    assert (await ann.fill("/settlement", "/settlement/change", cycle="weekly", minimum="-1")).status == 400
    wrong = await ann.fill("/settlement", "/settlement/account", **OTHER | {"account.number": "12x"})
    assert "An account number has 8 to 30 digits." in wrong.text
    assert (await ann.fill("/settlement", "/settlement/account", **OTHER)).location == "/portal/settlement"
    asked = await ann.look("/settlement")
    assert "moved to another bank" in asked.text
    assert ACCOUNT not in asked.text
    assert (await ann.fill("/settlement", "/withdraw")).status == 303
    [proposal] = await shop.house.merchants.reads.proposals(merchant_id=merchant.id)
    assert proposal.state is ProposalState.WITHDRAWN
    assert "taken back" in (await ann.look("/settlement")).text


async def test_stores_and_terminals_are_set_up_and_closed_at_the_portal(shop: Platform) -> None:
    merchant = (await shop.new_merchant("Store Teapot")).merchant
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    wrong = await ann.fill(
        "/stores", "/stores/new", **{"store.name": "West", "store.address": "x", "store.region": "1"}
    )
    assert "A region has six digits." in wrong.text
    place = {"store.name": "West Lake", "store.address": "12 Teapot Lane", "store.region": "330106"}
    assert (await ann.fill("/stores", "/stores/new", **place)).location == "/portal/stores"
    [store] = await shop.house.merchants.reads.stores(merchant.id)
    device = {
        "terminal.store_id": store.id,
        "terminal.kind": "scanner",
        "terminal.name": "Till 1",
        "terminal.serial": "SN-1",
    }
    assert (await ann.fill("/stores", "/terminals/new", **device)).location == "/portal/stores"
    assert "already" in (await ann.fill("/stores", "/terminals/new", **device)).text
    [terminal] = await shop.house.merchants.reads.terminals(merchant.id)
    viewer = await seat_in(shop, merchant, TeamRole.VIEWER)
    seen = await viewer.look("/stores")
    assert "Till 1" in seen.text
    assert not seen.has_form("/close")
    assert (await ann.fill("/stores", f"{terminal.id}/close")).status == 303
    assert (await ann.fill("/stores", f"{store.id}/close")).status == 303
    assert "No store yet" in (await ann.look("/stores")).text


async def test_somebody_of_a_suspended_merchant_is_told_what_goes_on(shop: Platform) -> None:
    merchant = (await shop.new_merchant("Suspended Teapot")).merchant
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    assert "This merchant is suspended" not in (await ann.look("/fees")).text
    await shop.house.merchants.set_state(merchant.id, MerchantState.SUSPENDED, actor="operator:test")
    assert "This merchant is suspended" in (await ann.look("/fees")).text
