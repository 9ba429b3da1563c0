"""Does a payment go all the way: asked for, paid, booked, refunded?"""

from tael.testing.books import check_books
from tael.testing.platform import Platform


async def test_a_payment_is_paid_booked_and_partly_refunded(shop: Platform) -> None:
    """The first slice in one test, over real HTTP and real signatures."""
    merchant = shop.merchant
    payment = await merchant.create_payment(1280)
    assert (payment["state"], payment["fee_minor"]) == ("created", 0)

    attempt = await merchant.start_attempt(payment["id"])
    assert attempt["state"] == "waiting"
    await shop.simulator.control.pay(attempt["action"]["code_url"])
    paid = await merchant.payment_once(payment["id"], "captured")
    assert (paid["captured_minor"], paid["fee_minor"]) == (1280, 8)

    reply = await merchant.post(
        f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 300, "note": "one cup"}
    )
    assert (reply.status, reply.body["state"], reply.body["fee_returned_minor"]) == (201, "succeeded", 2)

    async with shop.house.database.transaction() as tx:
        entries = await shop.house.ledger.entries_about(tx, [payment["id"]])
    assert [entry.kind for entry in entries] == ["payment.captured", "refund.created", "refund.succeeded"]
    await check_books(shop.house, await shop.simulator.control.summary())


async def test_a_payment_and_its_attempt_are_one_call(shop: Platform) -> None:
    """The answer says what the payer does next; what is wrong about the attempt is named where it stands."""
    wanted = {"amount_minor": 1280, "currency": "CNY", "reference": "order-2", "description": "Tea"}
    reply = await shop.merchant.post("/v1/payments", wanted | {"attempt": {"method": "alipay"}})
    assert (reply.status, reply.body["state"]) == (201, "requires_action")
    await shop.simulator.control.pay(reply.body["attempt"]["action"]["code_url"])
    paid = await shop.merchant.payment_once(reply.body["id"], "captured")
    assert [each["id"] for each in paid["attempts"]] == [reply.body["attempt"]["id"]]

    unsaid = await shop.merchant.post("/v1/payments", wanted | {"attempt": {"product": "jsapi"}})
    assert (unsaid.status, unsaid.body["field"]) == (400, "attempt.method")
    misread = await shop.merchant.post("/v1/payments", wanted | {"attempt": {"methods": "alipay"}})
    assert (misread.status, "attempt" in misread.body["field"]) == (400, True)
