"""Does the platform pay for an offer only if two people want it, at the console and through its API?"""

from typing import Any

import msgspec

from tael.foundation.ids import new_id
from tael.foundation.proposals import ProposalState
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.console_desk import seat_of
from tests.e2e.staff_desk import key_of

NEW = {
    "name": "Opening",
    "currency": "CNY",
    "fixed": "1.50",
    "budget": "300",
    "starts": "2026-01-01",
    "ends": "2027-12-31",
    "on_refund": "in_proportion",
    "note": "campaign of spring",
}


async def asked(
    shop: Platform, key: str, method: str, path: str, body: object = None, *, name: str | None = None
) -> tuple[int, Any]:
    """Status and document of the answer; `name` is the Idempotency-Key, if it was used before."""
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": name or new_id("key"),
    }
    data = None if body is None else msgspec.json.encode(body)
    async with shop.session.request(method, shop.internal_url + path, data=data, headers=headers) as answer:
        return answer.status, msgspec.json.decode(await answer.read())


async def test_an_offer_is_proposed_by_one_approved_by_another_and_paid_by_the_platform(
    shop: Platform,
) -> None:
    ann, bo = await seat_of(shop, "Ann", Role.OPERATIONS), await seat_of(shop, "Bo", Role.FINANCE)
    wrong = await ann.fill("/offers/new", "/offers/new", **NEW | {"merchant": "mer_nobody"})
    assert (wrong.status, "There is no such merchant" in wrong.text) == (400, True)
    assert (await ann.fill("/offers/new", "/offers/new", **NEW)).status == 303
    [proposal] = await shop.house.offers.proposals(state=ProposalState.OPEN, limit=9)
    place = f"/proposals/offers/{proposal.id}"
    assert proposal.id in (await bo.look("/offers")).text
    assert not (await ann.look(place)).has_form("/decision")
    assert (await bo.look("/offers/new")).status == 403
    before = await shop.merchant.create_payment(1280)
    plain = (await shop.merchant.post(f"/v1/payments/{before['id']}/attempts", {"method": "alipay"})).body
    assert plain["discount_minor"] == 0, "nothing holds before the second person has said so"
    assert (await bo.fill(place, "/decision", approve="true", note="budget is there")).status == 303
    page = f"/offers/{proposal.subject}"
    assert "Paid by the platform" in (await bo.look(page)).text

    payment = await shop.merchant.create_payment(1280)
    attempt = (await shop.merchant.post(f"/v1/payments/{payment['id']}/attempts", {"method": "alipay"})).body
    assert [each["funder"] for each in attempt["discounts"]] == ["platform"]
    assert attempt["amount_minor"] == 1_130
    assert payment["id"] in (await ann.look(page)).text
    made = await ann.fill(page, f"{page}/coupons", count="2", uses_most="1")
    assert "New codes: 2" in made.text
    for state in ("paused", "ended"):
        address, hidden = (await ann.look(page)).form(f"{page}/state")
        assert (await ann.send(address.removeprefix("/console"), hidden | {"state": state})).status == 303
    assert (await shop.house.offers.get(proposal.subject, merchant_id=None)).state == "ended"


async def test_the_staffs_api_proposes_decides_once_and_repeats_itself(shop: Platform) -> None:
    ann, bo = await key_of(shop, "Cy", Role.OPERATIONS), await key_of(shop, "Di", Role.FINANCE)
    wanted = {
        "name": "Api",
        "terms": {
            "currency": "CNY",
            "fixed_minor": 100,
            "budget_minor": 1_000,
            "needs_coupon": True,
            "starts_at": "2026-01-01T00:00:00Z",
            "ends_at": "2027-12-31T00:00:00Z",
        },
        "note": "try",
    }
    status, proposal = await asked(shop, ann, "POST", "/v1/offer_proposals", wanted, name="campaign-1")
    assert status == 201, proposal
    again = await asked(shop, ann, "POST", "/v1/offer_proposals", wanted, name="campaign-1")
    assert again == (201, proposal)
    decision = f"/v1/offer_proposals/{proposal['id']}/decision"
    yes = {"approve": True, "digest": proposal["digest"]}
    assert (await asked(shop, ann, "POST", decision, yes))[0] == 403
    assert (await asked(shop, bo, "POST", decision, yes | {"digest": "0" * 64}))[0] == 409
    status, decided = await asked(shop, bo, "POST", decision, yes)
    assert (status, decided["state"]) == (200, "approved")
    assert (await asked(shop, bo, "POST", decision, yes))[0] == 409
    status, offer = await asked(shop, bo, "GET", f"/v1/offers/{proposal['subject']}")
    assert (status, offer["funder"], offer["merchant_id"]) == (200, "platform", None)
    status, codes = await asked(shop, ann, "POST", f"/v1/offers/{offer['id']}/coupons", {"count": 3})
    assert (status, len(codes["codes"])) == (201, 3)
    assert (await asked(shop, bo, "POST", f"/v1/offers/{offer['id']}/state", {"state": "paused"}))[0] == 403
    status, paused = await asked(shop, ann, "POST", f"/v1/offers/{offer['id']}/state", {"state": "paused"})
    assert (status, paused["state"]) == (200, "paused")
    assert (await asked(shop, bo, "GET", f"/v1/offers/{new_id('off')}"))[0] == 404
