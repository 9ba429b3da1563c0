"""What if a channel is heard to contradict itself, and does not mean it? It is asked once more, over the wire."""

from collections.abc import AsyncIterator

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import OutcomeState
from tael.payments.model import RefundState
from tael.testing.books import booked_payments, check_books
from tael.testing.databases import fresh_database
from tael.testing.patience import until
from tael.testing.platform import Platform, running_platform
from tests.integration.money_desk import MoneyDesk


@pytest.fixture(scope="module")
async def platform(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """One for both; each has a payment of its own."""
    async with (
        fresh_database(server) as urls,
        running_platform(urls, tmp_path_factory.mktemp("platform")) as running,
    ):
        yield running


async def test_old_news_of_a_refund_is_cleared_up_by_asking(platform: Platform) -> None:
    payment = await platform.captured_payment()
    reply = await platform.merchant.post(f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 500})
    assert (reply.status, reply.body["state"]) == (201, "succeeded")
    booked = (await booked_payments(platform.house))[payment["id"]]
    desk = MoneyDesk(platform.house, payment_id=payment["id"], attempt_id=booked.orders[0])

    doubted = await desk.told_of_refund(reply.body["id"], OutcomeState.FAILED)
    assert doubted.doubted_at is not None

    async def sure() -> bool:
        return all(refund.doubted_at is None for refund in await desk.refunds())

    await until(sure, "the janitor has asked the channel", seconds=20)
    assert [refund.state for refund in await desk.refunds()] == [RefundState.SUCCEEDED]
    await check_books(platform.house, await platform.simulator.control.summary())


async def test_old_news_of_a_voided_order_is_cleared_up_by_ending_it_once_more(platform: Platform) -> None:
    """The payer was asked for a password while we cancelled."""
    merchant = platform.merchant
    before = await MoneyDesk(platform.house, payment_id="", attempt_id="").balances()
    code = await platform.simulator.control.shown_code("ask")
    payment = await merchant.create_payment(1280)
    wanted = {"method": "alipay", "product": "barcode", "payer_code": code}
    attempt = (await merchant.post(f"/v1/payments/{payment['id']}/attempts", wanted)).body
    closed = await merchant.post(f"/v1/payments/{payment['id']}/close", {})
    assert closed.body["state"] == "canceled"
    desk = MoneyDesk(platform.house, payment_id=payment["id"], attempt_id=attempt["id"])
    assert (await desk.attempt()).voided

    doubted = (await desk.told(OutcomeState.SUCCEEDED)).attempt
    assert doubted.doubted_at is not None

    async def sure() -> bool:
        return (await desk.attempt()).doubted_at is None

    await until(sure, "the janitor has ended it once more", seconds=20)
    after = await desk.attempt()
    assert (after.state, after.next_inquiry_at) == ("closed", None)
    assert await desk.balances() == before
    await check_books(platform.house, await platform.simulator.control.summary())
