"""What does a merchant's server see of offers: before somebody pays, while they do, at the counter, and when it repeats itself?"""

from tael.channels.port import Product
from tael.testing.books import check_books
from tael.testing.platform import Platform
from tests.integration.offers_scene import a_coupon, an_offer, offer_of

CHARGE = {"amount_minor": 1280, "currency": "CNY", "reference": "till-1", "description": "Two cups of tea"}


async def test_a_coupon_is_priced_held_once_however_often_it_is_sent_and_given_back_in_parts(
    shop: Platform,
) -> None:
    merchant = shop.merchant
    offer_id = await an_offer(shop.house, merchant.merchant.id, needs_coupon=True, name="Tea lovers")
    code = await a_coupon(shop.house, offer_id)
    payment = await merchant.create_payment(1280)
    at = f"/v1/payments/{payment['id']}"
    seen = await merchant.get(f"{at}/offers", method="alipay", coupon_code=code.lower())
    assert (seen.status, seen.body["amount_minor"], seen.body["discount_minor"]) == (200, 1_080, 200)
    assert (await merchant.get(f"{at}/offers", method="alipay")).body["discounts"] == []
    unknown = await merchant.get(f"{at}/offers", method="alipay", coupon_code="NOSUCHCODE")
    assert (unknown.status, unknown.body["code"]) == (404, "offers.no_such_coupon")
    sent = await merchant.get(f"{at}/offers", method="alipay", product=Product.TRANSFER, coupon_code=code)
    assert sent.body["code"] == "offers.not_usable"
    other = await shop.new_merchant("Another")
    assert (await other.get(f"{at}/offers", method="alipay")).status == 404

    wish: dict[str, object] = {"method": "alipay", "coupon_codes": [code]}
    changed = await merchant.post(f"{at}/attempts", wish | {"shown_discount_minor": 300})
    assert (changed.status, changed.body["code"], changed.body["discount_minor"]) == (
        409,
        "offers.changed",
        200,
    )
    wish |= {"shown_discount_minor": 200}
    answers = [await merchant.post(f"{at}/attempts", wish, key="pay-1") for _ in range(3)]
    assert len({answer.raw for answer in answers}) == 1
    attempt = answers[0].body
    assert attempt["discounts"] == [
        {"offer_id": offer_id, "name": "Tea lovers", "amount_minor": 200, "funder": "merchant", "code": code}
    ]
    assert (await offer_of(shop.house, offer_id)).used_minor == 200
    await shop.simulator.control.pay(attempt["action"]["code_url"])
    paid = await merchant.payment_once(payment["id"], "captured")
    assert (paid["amount_minor"], paid["captured_minor"], paid["discount_minor"]) == (1_280, 1_080, 200)
    for minor in (80, 1_000):
        refund = await merchant.post(f"{at}/refunds", {"amount_minor": minor}, key=f"back-{minor}")
        assert (
            await merchant.post(f"{at}/refunds", {"amount_minor": minor}, key=f"back-{minor}")
        ).raw == refund.raw
    more = await merchant.post(f"{at}/refunds", {"amount_minor": 1})
    assert more.body["code"] == "payments.refund_exceeds_captured", "the discount was never paid"
    [redemption] = (await merchant.get(f"/v1/offers/{offer_id}/redemptions")).body["items"]
    assert (redemption["state"], redemption["given_back_minor"]) == ("spent", 200)
    await check_books(shop.house, await shop.simulator.control.summary())


async def test_a_charge_at_the_counter_takes_coupons_and_says_what_they_save(shop: Platform) -> None:
    offer_id = await an_offer(shop.house, shop.merchant.merchant.id, needs_coupon=True, fixed_minor=150)
    coupon = await a_coupon(shop.house, offer_id)
    shown = await shop.simulator.control.shown_code("at_once")
    wrong = {**CHARGE, "payer_code": shown, "coupon_codes": ["NOSUCHCODE"]}
    refused = await shop.merchant.post("/v1/counter/charges", wrong)
    assert refused.body["code"] == "offers.no_such_coupon"
    wanted = {**CHARGE, "payer_code": shown, "coupon_codes": [coupon]}
    charge = await shop.merchant.post("/v1/counter/charges", wanted)
    assert (charge.status, charge.body["state"], charge.body["discount_minor"]) == (201, "succeeded", 150)
    paid = await shop.merchant.payment(charge.body["id"])
    assert (paid["captured_minor"], paid["discount_minor"]) == (1_130, 150)
    await check_books(shop.house, await shop.simulator.control.summary())
