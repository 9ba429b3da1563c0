"""Does a new merchant get from its sign-up to real payments by the portal's pages, told at each step what is missing?"""

import re
from html import unescape

import aiohttp
import msgspec

from tael.foundation.proposals import ProposalState
from tael.merchants.api import verify_agreement
from tael.merchants.model import Merchant, MerchantDocumentKind, MerchantState, SignedAgreement, TeamRole
from tael.staff.model import Role
from tael.testing.merchants import ACCOUNT, CREDIT_CODE, ID_NUMBER, PDF, PHONE
from tael.testing.platform import Platform
from tests.e2e.console_desk import Seen, seat_of
from tests.e2e.portal_desk import PASSWORD, PortalSeat, seat_in

PAGE = "/application"
BUSINESS = {
    "business.kind": "company",
    "business.legal_name": "蓝茶壶（杭州）有限公司",
    "business.credit_code": CREDIT_CODE,
    "business.address": "杭州市西湖区茶壶路 12 号",
    "business.mcc": "5499",
    "business.website": "",
    "business.expected_monthly_minor": "50,000.00",
}
OTHERS = (
    {
        "legal_person.name": "李明",
        "legal_person.id_kind": "resident_id",
        "legal_person.id_number": ID_NUMBER,
    },
    {
        "account.holder": "蓝茶壶（杭州）有限公司",
        "account.number": ACCOUNT,
        "account.bank_name": "工商银行",
        "account.bank_code": "",
    },
    {"contact.name": "王芳", "contact.email": "fang@teapot.example", "contact.phone": PHONE},
)


async def saved(seat: PortalSeat, fields: dict[str, str]) -> Seen:
    """Fill in a part of the application."""
    return await seat.fill(PAGE, f"{PAGE}/edit", **fields)


async def handed_in(seat: PortalSeat, kind: str, content: bytes = PDF) -> Seen:
    """Hand in a document, as a browser sends files."""
    address, hidden = (await seat.look(PAGE)).form(f"{PAGE}/documents")
    form = aiohttp.FormData(hidden | {"kind": kind})
    form.add_field("content", content, filename="scan.pdf", content_type="application/pdf")
    return await seat.send(unescape(address).removeprefix("/portal"), form)  # type: ignore[arg-type]


async def filled_in(seat: PortalSeat) -> None:
    """All that an application needs."""
    for part in (BUSINESS, *OTHERS):
        assert (await saved(seat, part)).location == "/portal/application"
    for kind in ("business_licence", "legal_person_id", "bank_proof"):
        assert (await handed_in(seat, kind)).status == 303
    signed = await seat.fill(
        "/agreement?text=en",
        "/agreement/sign",
        signer_name="Li Ming",
        signer_title="Director",
        has_read="true",
    )
    assert signed.location == "/portal/agreement", signed.text


async def signed_up(shop: Platform) -> tuple[PortalSeat, Merchant]:
    """Somebody who has just signed up, and their merchant."""
    ann = PortalSeat(shop)
    await ann.fill(
        "/sign-up",
        "/sign-up",
        merchant="Applying Teapot",
        name="Ann",
        email="ann@apply.example",
        password=PASSWORD,
    )
    await ann.set_up_second_factor()
    [merchant] = [each for each in await shop.house.merchants.everybody() if each.name == "Applying Teapot"]
    return ann, merchant


async def test_a_new_merchant_applies_is_corrected_approved_and_acts_as_its_owner(shop: Platform) -> None:
    ann, merchant = await signed_up(shop)
    empty = await ann.look(PAGE)
    assert "Still missing" in empty.text
    assert "/application/submit" not in empty.text
    await filled_in(ann)
    ready = await ann.look(PAGE)
    for secret in (ID_NUMBER, ACCOUNT, PHONE):
        assert secret not in ready.text
    assert "CN¥50,000.00" in ready.text
    assert (await ann.fill(PAGE, "/application/submit")).location == "/portal/application"
    assert "/application/edit" not in (await ann.look(PAGE)).text, "nobody fills it in under review"

    anna, bob = await seat_of(shop, "Anna", Role.OPERATIONS), await seat_of(shop, "Bob", Role.RISK)
    desk = f"/merchants/{merchant.id}/do"
    await anna.fill(f"{desk}/begin_review", "/do/begin_review")
    dark = {"about__documents__business_licence": "Too dark to read."}
    await anna.fill(f"{desk}/request_changes", "/do/request_changes", **dark)
    told = await ann.look(PAGE)
    assert "To be corrected" in told.text
    assert "Too dark to read." in told.text
    documents = await shop.house.merchants.reads.documents(merchant.id)
    [old] = [each.id for each in documents if each.kind is MerchantDocumentKind.BUSINESS_LICENCE]
    assert (await ann.fill(PAGE, f"{old}/remove")).status == 303
    assert (await handed_in(ann, "business_licence")).status == 303
    assert (await ann.fill(PAGE, "/application/submit")).status == 303

    await anna.fill(f"{desk}/begin_review", "/do/begin_review")
    fine = {"level": "low", "reasons": "x", "review_on": "2099-01-01", "rate": "0.38", "note": "x"}
    await anna.fill(f"{desk}/approve", "/do/approve", **fine)
    [proposal] = await shop.house.merchants.reads.proposals(merchant_id=merchant.id, state=ProposalState.OPEN)
    place = f"/proposals/merchants/{proposal.id}"
    assert (await bob.fill(place, "/decision", approve="true", note="compared")).status == 303
    approved = await ann.look(PAGE)
    assert "You may take real payments." in approved.text
    assert "/application/edit" not in approved.text
    assert (await shop.house.merchants.find([merchant.id]))[merchant.id].state is MerchantState.ACTIVE


async def test_what_cannot_be_right_is_said_at_its_field_and_the_rest_stays(shop: Platform) -> None:
    merchant = await shop.house.merchants.apply(name="Mistyping Teapot", actor="operator:test")
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    wrong = await saved(ann, BUSINESS | {"business.credit_code": "91110000600037341X"})
    assert wrong.status == 400
    assert "its check character does not fit" in wrong.text
    assert "蓝茶壶（杭州）有限公司" in wrong.text, "what was typed stays"
    person = await saved(ann, OTHERS[0] | {"legal_person.id_number": "110105194912310021"})
    assert "its check digit does not fit" in person.text
    assert "110105194912310021" not in person.text, "what is secret does not come back"


async def test_a_draft_is_kept_and_a_submitted_application_can_be_taken_back(shop: Platform) -> None:
    merchant = await shop.house.merchants.apply(name="Drafting Teapot", actor="operator:test")
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    finance = await seat_in(shop, merchant, TeamRole.FINANCE)
    await saved(ann, OTHERS[2])
    seen = await finance.look(PAGE)
    assert "fang@teapot.example" in seen.text
    assert "/application/edit" not in seen.text
    refused = await handed_in(ann, "other", b"MZ a program")
    assert refused.status == 400
    assert "Choose a PDF, PNG or JPEG" in refused.text
    await filled_in(ann)
    await ann.fill(PAGE, "/application/submit")
    assert "/application/edit" not in (await ann.look(PAGE)).text
    assert (await ann.fill(PAGE, "/application/take-back")).status == 303
    assert "/application/submit" in (await ann.look(PAGE)).text
    [document, *_] = re.findall(r'application/documents/doc_\w{26}(?=")', (await ann.look(PAGE)).text)
    assert (await finance.look(f"/{document}")).text.startswith("%PDF")
    stranger = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    assert (await stranger.look(f"/{document}")).status == 404
    assert "Nothing to apply for" in (await stranger.look(PAGE)).text


async def test_identity_papers_are_for_owners_and_finance_alone(shop: Platform) -> None:
    merchant = await shop.house.merchants.apply(name="Private Teapot", actor="operator:test")
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    await handed_in(ann, "legal_person_id")
    [document] = re.findall(r'application/documents/doc_\w{26}(?=")', (await ann.look(PAGE)).text)
    for role in (TeamRole.CASHIER, TeamRole.VIEWER, TeamRole.DEVELOPER):
        seat = await seat_in(shop, merchant, role)
        for address in (f"/{document}", PAGE, "/settlement"):
            assert (await seat.look(address)).status == 403, (role, address)
        stores = await seat.look("/stores")
        assert stores.status == 200
        assert 'href="/portal/application"' not in stores.text
        assert "/portal/application" not in (await seat.look("/home")).text
    finance = await seat_in(shop, merchant, TeamRole.FINANCE)
    assert (await finance.look(f"/{document}")).status == 200
    assert (await finance.look("/settlement")).status == 200


async def test_a_signed_agreement_can_be_kept_and_verified_elsewhere(shop: Platform) -> None:
    merchant = await shop.house.merchants.apply(name="Signing Teapot", actor="operator:test")
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    who = {"signer_name": "Li Ming", "signer_title": "Director"}
    unread = await ann.fill("/agreement?text=en", "/agreement/sign", **who)
    assert unread.status == 400
    assert "Please say that you have read it." in unread.text
    changed = await ann.fill("/agreement?text=en", "/agreement/sign", **who, has_read="true", digest="0" * 64)
    assert "another version holds" in changed.text
    await ann.fill("/agreement?text=en", "/agreement/sign", **who, has_read="true")
    [address] = re.findall(r"/agreement/sig_\w{26}", (await ann.look("/agreement")).text)
    kept = msgspec.json.decode((await ann.look(address)).text, type=SignedAgreement)
    assert kept.statement.signer_name == "Li Ming"
    assert kept.statement.signed_by == f"member:{ann.login_id}"
    assert kept.statement.digest in (await ann.look("/agreement?text=en")).text
    assert verify_agreement(kept, trusted=[kept.key]) is None


async def test_somebody_who_is_in_a_team_begins_one_more_merchant(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER)
    assert (await ann.fill("/merchants", "/merchants/new", name="")).status == 400
    begun = await ann.fill("/merchants", "/merchants/new", name="Second Teapot")
    assert begun.location == "/portal/application"
    again = await ann.fill("/merchants", "/merchants/new", name="Second Teapot")
    assert again.location == "/portal/application"
    founded = [each.name for each in await shop.house.merchants.everybody()]
    assert founded.count("Second Teapot") == 1, "sent twice, it is one merchant"
    page = await ann.look(PAGE)
    assert "Second Teapot" in page.text
    assert "Its application begins here." in page.text
    assert "Developers" in page.text, "as its owner"
