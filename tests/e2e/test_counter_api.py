"""Is what a payer shows at a counter charged once, and is nothing guessed while the payer or the channel is silent?"""

import asyncio
from typing import Any

import pytest

from tael.foundation.clock import monotonic_seconds
from tael.simulators.base.faults import Fault
from tael.testing.books import check_books
from tael.testing.platform import Platform, Reply
from tests.e2e.places import a_store, a_terminal

CHARGE = {"amount_minor": 1280, "currency": "CNY", "reference": "till-1", "description": "Two cups of tea"}
PATH = "/v1/counter/charges"


async def charge(shop: Platform, way: str, *, key: str | None = None, **more: object) -> Reply:
    """What becomes of a payer's code."""
    code = await shop.simulator.control.shown_code(way)
    return await shop.merchant.post(PATH, {**CHARGE, "payer_code": code, **more}, key=key)


async def charge_once(shop: Platform, charge_id: str, state: str) -> Any:
    deadline = monotonic_seconds() + 20
    while True:
        told = (await shop.merchant.get(f"{PATH}/{charge_id}")).body
        if told["state"] == state:
            return told
        assert monotonic_seconds() < deadline, f"{charge_id} is {told['state']}, not {state}"
        await asyncio.sleep(0.05)


async def test_a_code_is_charged_at_once(shop: Platform) -> None:
    store = await a_store(shop.merchant)
    terminal = await a_terminal(shop.merchant, store)
    reply = await charge(shop, "at_once", terminal_id=terminal)
    assert (reply.status, reply.body["state"], reply.body["method"]) == (201, "succeeded", "alipay")
    assert reply.body["store_id"] == store, "the terminal's"
    payment = await shop.merchant.payment(reply.body["id"])
    assert (payment["state"], payment["source"]) == ("captured", f"counter:{terminal}")
    listed = (await shop.merchant.get(PATH, terminal_id=terminal)).body["items"]
    assert [each["id"] for each in listed] == [reply.body["id"]]
    await check_books(shop.house, await shop.simulator.control.summary())


async def test_a_charge_sent_five_times_under_one_key_takes_the_money_once(shop: Platform) -> None:
    code = await shop.simulator.control.shown_code("at_once")
    wanted = {**CHARGE, "payer_code": code}
    replies = await asyncio.gather(*(shop.merchant.post(PATH, wanted, key="till-7") for _ in range(5)))
    done = [reply for reply in replies if reply.status == 201]
    assert done
    assert {reply.body["id"] for reply in done} == {done[0].body["id"]}
    assert {reply.status for reply in replies} <= {201, 409}
    again = await shop.merchant.post(PATH, wanted, key="till-7")
    assert (again.status, again.body["id"]) == (201, done[0].body["id"])
    await check_books(shop.house, await shop.simulator.control.summary())


async def test_a_payer_who_is_asked_for_the_password_is_waited_for(shop: Platform) -> None:
    reply = await charge(shop, "ask")
    assert (reply.status, reply.body["state"]) == (202, "waiting_for_payer")
    attempt = (await shop.merchant.payment(reply.body["id"]))["attempts"][0]
    await shop.simulator.control.pay(attempt["id"])
    told = await charge_once(shop, reply.body["id"], "succeeded")
    assert told["ended_at"] is not None
    late = await shop.merchant.post(f"{PATH}/{told['id']}/cancel", {})
    assert (late.status, late.body["code"]) == (409, "payments.already_captured")


async def test_a_payer_who_goes_away_is_cancelled_by_the_cashier(shop: Platform) -> None:
    reply = await charge(shop, "ask")
    cancelled = await shop.merchant.post(f"{PATH}/{reply.body['id']}/cancel", {})
    assert cancelled.status in (200, 202), cancelled.raw
    await charge_once(shop, reply.body["id"], "canceled")
    attempt = (await shop.merchant.payment(reply.body["id"]))["attempts"][0]
    assert attempt["state"] in ("closed", "failed")


async def test_an_order_that_its_wallet_has_ended_is_waited_for_no_longer(shop: Platform) -> None:
    reply = await charge(shop, "ask")
    await shop.simulator.control.advance(seconds=600)
    told = await charge_once(shop, reply.body["id"], "canceled")
    assert told["ended_at"] is not None
    payment = await shop.merchant.payment(reply.body["id"])
    assert (payment["state"], payment["attempts"][0]["state"]) == ("canceled", "closed")
    other_way = await shop.merchant.post(f"/v1/payments/{payment['id']}/attempts", {"method": "alipay"})
    assert other_way.status == 409, "the payer is gone"


async def test_a_payer_who_does_nothing_is_cancelled_when_the_time_is_over(shop: Platform) -> None:
    reply = await charge(shop, "ask")
    async with shop.house.database.transaction() as tx:
        await tx.connection.execute(
            b"update payments.payments set expires_at = now() where id = %(id)s", {"id": reply.body["id"]}
        )
    await charge_once(shop, reply.body["id"], "expired")


async def test_a_payer_without_money_is_refused_and_nobody_can_pay_it_any_more(shop: Platform) -> None:
    reply = await charge(shop, "poor")
    assert (reply.status, reply.body["state"]) == (201, "refused")
    assert (await shop.merchant.payment(reply.body["id"]))["state"] in ("canceled", "failed")


async def test_a_channel_that_says_nothing_is_asked_until_the_truth_is_known(shop: Platform) -> None:
    await shop.simulator.control.switch_on(Fault.LOST_REPLY, calls=1)
    reply = await charge(shop, "at_once")
    assert reply.body["state"] in ("confirming", "succeeded")
    await charge_once(shop, reply.body["id"], "succeeded")
    await check_books(shop.house, await shop.simulator.control.summary())


@pytest.mark.parametrize("code", ["", "hello", "9912345678901234", "13123", "2812345678901x34"])
async def test_a_code_of_nobody_is_refused_before_anything_is_written(shop: Platform, code: str) -> None:
    before = len((await shop.merchant.get(PATH, limit=200)).body["items"])
    reply = await shop.merchant.post(PATH, {**CHARGE, "payer_code": code})
    assert reply.status == 400
    assert reply.body["field"] == "payer_code"
    assert code not in reply.body["detail"] or not code
    assert len((await shop.merchant.get(PATH, limit=200)).body["items"]) == before


async def test_a_code_of_a_wallet_that_nobody_takes_is_refused(shop: Platform) -> None:
    reply = await shop.merchant.post(PATH, {**CHARGE, "payer_code": "134567890123456789"})
    assert (reply.status, reply.body["code"]) == (402, "routing.no_channel")


async def test_anothers_charge_is_not_there(shop: Platform) -> None:
    reply = await charge(shop, "at_once")
    stranger = await shop.new_merchant("Stranger")
    assert (await stranger.get(f"{PATH}/{reply.body['id']}")).status == 404
    assert (await stranger.post(f"{PATH}/{reply.body['id']}/cancel", {})).status == 404
    assert (await stranger.get(PATH)).body["items"] == []
    payment = await shop.merchant.create_payment()
    assert (await shop.merchant.get(f"{PATH}/{payment['id']}")).body["code"] == "checkout.no_such_charge"


async def test_a_store_or_a_terminal_of_another_merchant_is_not_there(shop: Platform) -> None:
    stranger = await shop.new_merchant("Stranger")
    store = await a_store(shop.merchant)
    terminal, theirs = await a_terminal(shop.merchant, store), await a_store(stranger)
    at_till = CHARGE | {"payer_code": await shop.simulator.control.shown_code("at_once")}
    at_reader = CHARGE | {"card": {"token": "pm_card_visa"}}
    link = {"description": "Donation", "currency": "CNY"}
    for path, wanted, field in (
        (PATH, at_till | {"store_id": store}, "store_id"),
        (PATH, at_till | {"terminal_id": terminal}, "terminal_id"),
        (f"/v1/terminals/{terminal}/charges", at_reader, "terminal_id"),
        ("/v1/payment_links", link | {"store_id": store}, "store_id"),
        ("/v1/static_codes", {"name": "Door", "store_id": store}, "store_id"),
        ("/v1/static_codes", {"name": "Door", "terminal_id": terminal}, "terminal_id"),
    ):
        refused = await stranger.post(path, wanted)
        told = (refused.status, refused.body["code"], refused.body["field"])
        assert told == (404, "merchants.no_such_record", field), path
    elsewhere = await shop.merchant.post(PATH, at_till | {"terminal_id": terminal, "store_id": theirs})
    assert (elsewhere.status, elsewhere.body["field"]) == (404, "store_id")
    assert (await stranger.get("/v1/payments")).body["items"] == []


async def test_a_closed_store_takes_no_charge_but_repeats_what_it_said(shop: Platform) -> None:
    store = await a_store(shop.merchant)
    terminal = await a_terminal(shop.merchant, store)
    wanted = CHARGE | {
        "payer_code": await shop.simulator.control.shown_code("at_once"),
        "terminal_id": terminal,
    }
    first = await shop.merchant.post(PATH, wanted, key="before-it-closed")
    assert (first.status, first.body["store_id"]) == (201, store)
    assert (await shop.merchant.post(f"/v1/merchant/stores/{store}/close", {})).status == 200
    again = await shop.merchant.post(PATH, wanted, key="before-it-closed")
    assert (again.status, again.raw) == (first.status, first.raw)
    late = await shop.merchant.post(PATH, wanted)
    assert (late.status, late.body["code"]) == (409, "merchants.not_from_this_state")
    coded = await shop.merchant.post("/v1/static_codes", {"name": "Door", "store_id": store})
    assert (coded.status, coded.body["code"]) == (409, "merchants.not_from_this_state")
