"""Can a merchant run an offer from the portal: make it, give out coupons, see what was used, pause and end it?"""

import re

from tael.merchants.model import TeamRole
from tael.offers.model import Funder
from tael.testing.platform import Platform
from tests.e2e.portal_desk import seat_in
from tests.integration.offers_scene import an_offer

NEW = {
    "name": "Spring",
    "currency": "CNY",
    "percent": "7.5",
    "budget": "1,000.00",
    "starts": "2026-01-01",
    "ends": "2027-12-31",
    "needs_coupon": "true",
    "on_refund": "in_proportion",
}


async def test_an_offer_is_made_used_paused_and_ended_at_the_portal(shop: Platform) -> None:
    seat = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    wrong = await seat.fill("/offers/new", "/offers/new", **NEW | {"budget": "0"})
    assert wrong.status == 400
    assert "Enter an amount of more than nothing" in wrong.text
    assert 'value="Spring"' in wrong.text, "what was typed stays"
    made = await seat.fill("/offers/new", "/offers/new", **NEW)
    path = made.location.removeprefix("/portal")
    offer_id = path.rpartition("/")[2]
    shown = await seat.look(path)
    assert "7.50\N{NO-BREAK SPACE}% off" in shown.text
    assert f"{NEW['starts']} to {NEW['ends']}" in shown.text, (
        "days with their year, the last one as it was typed"
    )
    coupons = await seat.fill(path, f"{path}/coupons", count="3", uses_most="1")
    [code, *_] = codes = re.findall(r"<li><code data-copy>([A-Z0-9]{10})</code></li>", coupons.text)
    assert len(codes) == 3
    sheet = await seat.look(f"{path}/coupons.csv")
    assert set(codes) <= set(re.findall(r"[A-Z0-9]{10}", sheet.text))

    payment = await shop.merchant.create_payment(1280)
    body = {"method": "alipay", "coupon_codes": [code]}
    attempt = (await shop.merchant.post(f"/v1/payments/{payment['id']}/attempts", body)).body
    assert (attempt["amount_minor"], attempt["discount_minor"]) == (1_184, 96)
    assert code in (await seat.look(path)).text
    assert payment["id"] in (await seat.look(path)).text
    await shop.simulator.control.pay(attempt["action"]["code_url"])
    await shop.merchant.payment_once(payment["id"], "captured")
    detail = await seat.look(f"/payments/{payment['id']}")
    assert f"/portal/offers/{offer_id}" in detail.text
    assert "CN¥0.96" in detail.text

    for state, said in (("paused", "The offer is paused."), ("ended", "The offer has ended.")):
        address, hidden = (await seat.look(path)).form(f"{path}/state")
        assert (await seat.send(address.removeprefix("/portal"), hidden | {"state": state})).status == 303
        assert said in (await seat.look(path)).text
    assert "Spring" in (await seat.look("/offers?state=ended")).text


async def test_what_the_platform_pays_for_a_merchant_sees_and_does_not_change(shop: Platform) -> None:
    offer_id = await an_offer(shop.house, shop.merchant.merchant.id, funder=Funder.PLATFORM, name="Ours")
    seat = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    shown = await seat.look(f"/offers/{offer_id}")
    assert "Paid by the platform" in shown.text
    assert "/state" not in shown.text
    refused = await shop.merchant.post(f"/v1/offers/{offer_id}/state", {"state": "ended"})
    assert (refused.status, refused.body["code"]) == (403, "offers.not_yours")
    coupons = await shop.merchant.post(f"/v1/offers/{offer_id}/coupons", {"count": 1})
    assert coupons.body["code"] == "offers.not_yours"
    other = await shop.new_merchant("Another")
    assert (await other.get(f"/v1/offers/{offer_id}")).status == 404
