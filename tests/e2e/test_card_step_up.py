"""Does a card payment with 3-D Secure go all the way over HTTP: the payer's bank asks, the payer comes back, it is captured?"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tael.testing.books import faults_in_books
from tael.testing.platform import Platform, install
from tael.testing.simulators import RunningSimulator, running_simulator


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cards(shop: Platform, tmp_path_factory: Any) -> AsyncIterator[RunningSimulator]:
    """A channel for cards beside the shop's."""
    folder: Path = tmp_path_factory.mktemp("cards")
    async with running_simulator("stripe", folder, speed=200) as simulator:
        await install(shop.house, "stripe", simulator)
        yield simulator


async def stepped_up(shop: Platform, cards: RunningSimulator, **more: object) -> tuple[Any, Any]:
    """A payment whose payer has proved to their bank who they are, on the page to which they were led."""
    payment = await shop.merchant.create_payment(1280, **more)
    reply = await shop.merchant.post(
        f"/v1/payments/{payment['id']}/attempts",
        {"method": "card", "product": "card", "card_token": "pm_card_threeDSecure2Required"},
    )
    attempt = reply.body
    assert (reply.status, attempt["state"], attempt["action"]["type"]) == (201, "waiting", "go_to")
    assert (await shop.merchant.payment(payment["id"]))["state"] == "requires_action"
    async with shop.session.get(attempt["action"]["url"]) as page:
        assert page.status == 200, "the payer's bank asks there"
    await cards.control.pay(attempt["id"])
    async with shop.session.get(payment["checkout_url"]) as page:
        assert page.status == 200, "and the payer is led back here"
    return payment, attempt


async def test_a_card_that_asks_its_payer_is_captured_when_they_come_back(
    shop: Platform, cards: RunningSimulator
) -> None:
    payment, attempt = await stepped_up(shop, cards, descriptor="BLUE TEAPOT", metadata={"table": "7"})
    captured = await shop.merchant.payment_once(payment["id"], "captured")
    assert (captured["captured_minor"], captured["fee_minor"]) == (1280, 8)
    assert (captured["descriptor"], captured["metadata"]) == ("BLUE TEAPOT", {"table": "7"})
    assert captured["attempts"][0]["id"] == attempt["id"]
    assert captured["captures"] == []
    assert await faults_in_books(shop.house) == []


async def test_its_money_is_only_held_until_it_is_captured_by_hand(
    shop: Platform, cards: RunningSimulator
) -> None:
    payment, _ = await stepped_up(shop, cards, capture_method="manual")
    path = f"/v1/payments/{payment['id']}"
    held = await shop.merchant.payment_once(payment["id"], "authorised")
    assert (held["authorised_minor"], held["captured_minor"]) == (1280, 0)
    assert held["capture_before"] is not None
    more = await shop.merchant.post(f"{path}/increments", {"amount_minor": 220})
    assert (more.status, more.body["state"]) == (201, "succeeded")
    key = "once-and-again"
    first = await shop.merchant.post(f"{path}/captures", {"amount_minor": 600, "final": False}, key=key)
    again = await shop.merchant.post(f"{path}/captures", {"amount_minor": 600, "final": False}, key=key)
    assert (first.status, first.raw) == (201, again.raw)
    last = await shop.merchant.post(f"{path}/captures", {"amount_minor": 900, "tip_minor": 100})
    assert (last.status, last.body["state"], last.body["tip_minor"]) == (201, "succeeded", 100)
    captured = await shop.merchant.payment(payment["id"])
    assert (captured["state"], captured["captured_minor"]) == ("captured", 1500)
    assert [each["amount_minor"] for each in captured["captures"]] == [600, 900]
    assert [each["amount_minor"] for each in captured["increments"]] == [220]
    refund = await shop.merchant.post(f"{path}/refunds", {})
    assert (refund.status, refund.body["amount_minor"]) == (201, 1500)
    assert await faults_in_books(shop.house) == []


@pytest.mark.usefixtures("cards")
async def test_only_channels_that_can_hold_money_are_offered_what_is_captured_later(
    shop: Platform,
) -> None:
    payment = await shop.merchant.create_payment(1280, capture_method="manual")
    path = f"/v1/payments/{payment['id']}/attempts"
    wallet = await shop.merchant.post(path, {"method": "alipay"})
    assert (wallet.status, wallet.body["code"]) == (402, "routing.no_channel")
    named = await shop.merchant.post(path, {"channel": "alipay"})
    assert (named.status, named.body["code"]) == (402, "payments.channel_not_suited")
