"""What do callers hear who may not, or who ask for what is not theirs or not possible?"""

import json

import pytest

from tael.foundation.ids import new_id
from tael.merchants.model import MerchantState
from tael.testing.platform import Platform
from tests.e2e.asking import GOOD, PAYMENTS, asked, check_problem
from tests.e2e.untouched import nothing_changes

# Callers

CALLERS = {
    "no_key": (None, "unauthenticated"),
    "basic": ("Basic dGFlbDp0YWVs", "unauthenticated"),
    "empty": ("Bearer ", "unauthenticated"),
    "wrong_form": ("Bearer secret", "merchants.key_refused"),
    "unknown": ("Bearer tael_aaaaaaaaaa_" + "b" * 40, "merchants.key_refused"),
}


@pytest.mark.parametrize(("header", "code"), CALLERS.values(), ids=CALLERS)
@pytest.mark.parametrize(("method", "path"), [("POST", PAYMENTS), ("GET", PAYMENTS)])
async def test_without_a_valid_key_nothing_is_done(
    shop: Platform, header: str | None, code: str, method: str, path: str
) -> None:
    async with nothing_changes(shop.house):
        body = json.dumps(GOOD).encode() if method == "POST" else None
        reply = await asked(shop, method, path, body, Authorization=header)
    problem = check_problem(reply, 401, code, "Authorization")
    assert "Bearer" in problem["hint"]
    assert reply.headers["WWW-Authenticate"] == "Bearer"


async def test_a_key_with_one_wrong_letter_is_refused(shop: Platform) -> None:
    secret = shop.merchant.secret
    wrong = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    reply = await asked(shop, "GET", PAYMENTS, Authorization=f"Bearer {wrong}")
    check_problem(reply, 401, "merchants.key_refused", "Authorization")


async def test_a_revoked_key_is_refused(shop: Platform) -> None:
    leaver = await shop.new_merchant()
    await shop.house.merchant_keys.revoke(leaver.secret.rpartition("_")[0], actor="operator:test")
    check_problem(await leaver.post(PAYMENTS, GOOD), 401, "merchants.key_refused", "Authorization")


async def test_a_suspended_merchant_is_refused(shop: Platform) -> None:
    suspect = await shop.new_merchant()
    await shop.house.merchants.set_state(suspect.merchant.id, MerchantState.SUSPENDED, actor="operator:test")
    check_problem(await suspect.post(PAYMENTS, GOOD), 403, "merchants.suspended")


# Things


async def test_another_merchants_payment_is_as_unknown_as_none(shop: Platform) -> None:
    """Whoever guesses an id learns nothing from the answer."""
    payment = await shop.captured_payment()
    stranger = await shop.new_merchant()
    nobodys = new_id("pay")
    async with nothing_changes(shop.house):
        for path, body in [
            ("", None),
            ("/close", {}),
            ("/refunds", {"amount_minor": 1}),
            ("/attempts", {"channel": "alipay"}),
        ]:
            theirs, none = [
                await stranger.get(f"{PAYMENTS}/{id}")
                if body is None
                else await stranger.post(f"{PAYMENTS}/{id}{path}", body)
                for id in (payment["id"], nobodys)
            ]
            check_problem(theirs, 404, "payments.no_such_payment", "payment_id")
            assert theirs.raw.replace(payment["id"].encode(), nobodys.encode()) == none.raw
    refund = await shop.merchant.post(f"{PAYMENTS}/{payment['id']}/refunds", {"amount_minor": 1})
    check_problem(
        await stranger.get(f"/v1/refunds/{refund.body['id']}"), 404, "payments.no_such_refund", "refund_id"
    )


@pytest.mark.parametrize(
    "id", ["x", "pay_", "pay_" + "u" * 26, "rfd_06dk3vg5m8x4t9c1h2zq7n0rby", "%00", "💰"]
)
async def test_a_mistyped_id_hears_what_an_id_looks_like(shop: Platform, id: str) -> None:
    reply = await asked(shop, "GET", f"{PAYMENTS}/{id}")
    assert "pay_ and 26 characters" in check_problem(reply, 400, "malformed", "payment_id")["detail"]


async def test_a_channel_that_is_not_offered_is_refused(shop: Platform) -> None:
    payment = await shop.merchant.create_payment()
    async with nothing_changes(shop.house):
        reply = await shop.merchant.post(f"{PAYMENTS}/{payment['id']}/attempts", {"channel": "pigeon"})
    assert check_problem(reply, 404, "channels.no_such_channel", "channel")["hint"] == "Offered: alipay."


async def test_nothing_can_be_refunded_before_it_was_paid(shop: Platform) -> None:
    payment = await shop.merchant.create_payment()
    async with nothing_changes(shop.house):
        reply = await shop.merchant.post(f"{PAYMENTS}/{payment['id']}/refunds", {})
    check_problem(reply, 409, "payments.not_captured")


async def test_no_more_is_refunded_than_was_paid(shop: Platform) -> None:
    payment = await shop.captured_payment(1280)
    path = f"{PAYMENTS}/{payment['id']}/refunds"
    assert (await shop.merchant.post(path, {"amount_minor": 1000})).status == 201
    async with nothing_changes(shop.house):
        reply = await shop.merchant.post(path, {"amount_minor": 281})
    problem = check_problem(reply, 402, "payments.refund_exceeds_captured", "amount_minor")
    assert (problem["detail"], problem["refundable_minor"]) == ("2.80 CNY can still be refunded.", 280)


async def test_a_paid_payment_is_refunded_not_closed(shop: Platform) -> None:
    payment = await shop.captured_payment()
    async with nothing_changes(shop.house):
        reply = await shop.merchant.post(f"{PAYMENTS}/{payment['id']}/close", {})
    assert check_problem(reply, 409, "payments.already_captured")["hint"] == "Refund it instead."
