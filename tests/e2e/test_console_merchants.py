"""Is a merchant let in at the console by two people, with what it says beside what it handed in, and its secrets hidden?"""

import base64

import pytest

from tael.foundation.proposals import ProposalState
from tael.merchants.model import MerchantDocumentKind, MerchantState, flat_rate
from tael.merchants.schemas import EditApplication, SignAgreement, SubmitApplication, UploadDocument
from tael.staff.model import Role
from tael.testing.merchants import ACCOUNT, EVERYTHING, ID_NUMBER, OWNER, PDF, PHONE
from tael.testing.platform import Platform
from tests.e2e.console_desk import Seat, seat_of

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WORKER, CHECKER = Role.OPERATIONS, Role.RISK


async def applied(shop: Platform, name: str) -> str:
    """A merchant that has handed everything in; its id."""
    merchants = shop.house.merchants
    merchant = await merchants.apply(name=name, actor=OWNER)
    everything: EditApplication = EVERYTHING
    await merchants.do(merchant.id, everything, actor=OWNER)
    for kind, content in (
        (MerchantDocumentKind.BUSINESS_LICENCE, PNG),
        (MerchantDocumentKind.LEGAL_PERSON_ID, PNG),
        (MerchantDocumentKind.BANK_PROOF, PDF),
    ):
        await merchants.do(
            merchant.id, UploadDocument(kind=kind, name=f"{kind}.x", content=content), actor=OWNER
        )
    [*_, version] = merchants.reads.agreement_versions()
    signature = SignAgreement(
        version=version.version,
        language="en",
        digest=version.digests["en"],
        signer_name="Li Ming",
        signer_title="Director",
    )
    await merchants.do(merchant.id, signature, actor=OWNER)
    await merchants.do(merchant.id, SubmitApplication(), actor=OWNER)
    return merchant.id


async def decided(checker: Seat, shop: Platform, merchant_id: str) -> None:
    """The one open proposal about a merchant, approved at the console."""
    [proposal] = await shop.house.merchants.reads.proposals(merchant_id=merchant_id, state=ProposalState.OPEN)
    place = f"/proposals/merchants/{proposal.id}"
    answer = await checker.fill(place, "/decision", approve="true", note="compared")
    assert answer.status == 303, answer.text[:2000]


async def test_a_merchant_is_reviewed_by_one_and_let_in_by_another_at_the_console(shop: Platform) -> None:
    merchant_id = await applied(shop, "Console Teapot")
    ann, bo = await seat_of(shop, "Anna", WORKER), await seat_of(shop, "Bob", CHECKER)
    queue = await ann.look("/applications?state=submitted")
    assert "Console Teapot" in queue.text
    page = f"/merchants/{merchant_id}"
    seen = await ann.look(page)
    assert "蓝茶壶（杭州）有限公司" in seen.text
    for secret in (ID_NUMBER, ACCOUNT, PHONE):
        assert secret not in seen.text
    assert "/do/approve" not in seen.text
    assert "/do/begin_review" not in (await bo.look(page)).text
    assert (await bo.look(f"{page}/do/begin_review")).status == 403

    assert (await ann.fill(f"{page}/do/begin_review", "/do/begin_review")).status == 303
    incomplete = await ann.fill(f"{page}/do/approve", "/do/approve", level="low", rate="0.38", note="fine")
    assert incomplete.status == 400
    proposed = await ann.fill(
        f"{page}/do/approve",
        "/do/approve",
        level="low",
        reasons="known for years",
        review_on="2099-01-01",
        rate="0.38",
        note="compared with the licence",
    )
    assert proposed.status == 303, proposed.text[:2000]
    assert "waits for a second person" in (await ann.look(page)).text
    await decided(bo, shop, merchant_id)
    view = await shop.house.merchants.reads.merchant(merchant_id)
    assert view.merchant.state is MerchantState.ACTIVE
    assert view.fees.terms == flat_rate(38)
    assert "decided" in (await bo.look(f"{page}/history")).text


async def test_reasons_typed_at_the_console_stand_at_their_fields(shop: Platform) -> None:
    merchant_id = await applied(shop, "Dark Teapot")
    ann = await seat_of(shop, "Anne", WORKER)
    page = f"/merchants/{merchant_id}"
    await ann.fill(f"{page}/do/begin_review", "/do/begin_review")
    nothing = await ann.fill(f"{page}/do/request_changes", "/do/request_changes")
    assert nothing.status == 400
    sent = await ann.fill(
        f"{page}/do/request_changes",
        "/do/request_changes",
        about__documents__business_licence="Too dark to read.",
    )
    assert sent.status == 303, sent.text[:2000]
    assert "Too dark to read." in (await ann.look(page)).text
    found = await shop.house.merchants.reads.application(merchant_id)
    assert [each.field for each in found.reasons] == ["documents.business_licence"]


async def test_a_fee_plan_is_typed_in_rows_and_seen_side_by_side(shop: Platform) -> None:
    merchant_id = await applied(shop, "Plan Teapot")
    ann, bo = await seat_of(shop, "Antje", WORKER), await seat_of(shop, "Bodo", CHECKER)
    page = f"/merchants/{merchant_id}"
    await ann.fill(f"{page}/do/begin_review", "/do/begin_review")
    await ann.fill(
        f"{page}/do/approve",
        "/do/approve",
        level="low",
        reasons="x",
        review_on="2099-01-01",
        rate="0.60",
        note="x",
    )
    await decided(bo, shop, merchant_id)
    rows = {
        "row__0__from": "0",
        "row__0__rate": "0.38",
        "row__1__from": "0",
        "row__1__method": "card",
        "row__1__rate": "0.8",
        "row__1__floor": "0.10",
        "row__2__from": "10000",
        "row__2__rate": "0.3",
    }
    sent = await ann.fill(
        f"{page}/do/change_fee_plan",
        "/do/change_fee_plan",
        effective_from="2099-01-01T00:00",
        note="agreed",
        **rows,
    )
    assert sent.status == 303, sent.text[:2000]
    [proposal] = await shop.house.merchants.reads.proposals(merchant_id=merchant_id, state=ProposalState.OPEN)
    shown = (await bo.look(f"/proposals/merchants/{proposal.id}")).text
    assert "tiers.0.terms.default.rate_millionths" in shown
    assert "6000" in shown
    assert "3800" in shown
    await decided(bo, shop, merchant_id)
    [plan] = (await shop.house.merchants.reads.fees(merchant_id)).plans
    assert [tier.from_minor for tier in plan.tiers] == [0, 1_000_000]
    assert plan.tiers[0].terms.by_method["card"].rate_millionths == 8_000
    assert "0.38" in (await ann.look(page)).text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_each_page_about_merchants_is_there_in_both_languages(shop: Platform, language: str) -> None:
    merchant_id = await applied(shop, f"Teapot {language}")
    ann = await seat_of(shop, f"Ann{language}", WORKER)
    [document, *_] = await shop.house.merchants.reads.documents(merchant_id)
    await ann.fill(f"/merchants/{merchant_id}/do/begin_review", "/do/begin_review")
    forms = (
        "begin_review approve request_changes reject change_fee_plan add_promotion change_settlement set_risk suspend"
        " resume close"
    )
    for path in (
        "/merchants",
        "/merchants?state=applying&risk=low&name=x",
        "/applications",
        f"/merchants/{merchant_id}",
        f"/merchants/{merchant_id}/history",
        f"/merchants/{merchant_id}/documents/{document.id}",
        "/proposals/merchants",
        *(f"/merchants/{merchant_id}/do/{name}" for name in forms.split()),
    ):
        seen = await ann.look(path, **{"Accept-Language": language})
        assert seen.status == 200, (path, seen.text[:1000])
    for nobody in ("mer_nobody", "%00", f"{merchant_id}/documents/%00", "%00/history", "%00/do/suspend"):
        assert (await ann.look(f"/merchants/{nobody}")).status == 404, nobody
    assert (await ann.look("/merchants?name=%00&after=%00")).status == 200
