"""What if payers send what they like? Enough pays, too much and too little goes back, and the books know every step."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.channels.model import CallSeen
from tael.channels.port import ErrorClass, Operation, OutcomeState
from tael.routing.api import Decisions
from tael.routing.model import Purpose
from tael.testing.books import BookedRefund, booked_refunds, faults_in_books, until_settled
from tael.testing.databases import fresh_database
from tael.testing.patience import until
from tael.testing.platform import Platform, running_platform
from tael.testing.simulators import running_simulator

WAYS = {
    "bank": ("bank_transfer", "CNY", "send_money"),
    "erc20": ("stablecoin", "USDC", "send_tokens"),
}
ASKED = 1_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A running platform with both ways, which looks often whether money has come."""
    folder = tmp_path_factory.mktemp("desk")
    async with (
        fresh_database(server) as urls,
        running_platform(urls, folder, channels=tuple(WAYS), waiting_inquiry_seconds=[0.5]) as running,
    ):
        yield running


async def asked(platform: Platform, channel: str) -> tuple[Any, Any]:
    """A payment, and the attempt whose action says where to send."""
    method, currency, action = WAYS[channel]
    payment = await platform.merchant.create_payment(ASKED, currency=currency)
    path = f"/v1/payments/{payment['id']}/attempts"
    reply = await platform.merchant.post(path, {"method": method, "product": "transfer"})
    assert reply.status == 201, reply.raw
    assert reply.body["action"]["type"] == action
    return payment, reply.body


async def sent(platform: Platform, channel: str, attempt: Any, amount_minor: int) -> None:
    """The payer sends some."""
    control = platform.simulators[channel].control
    await control.act("receive", attempt["id"], amount_minor=amount_minor)
    if channel == "erc20":
        await control.act_at_large("mine", count=20)


async def refunds_of(platform: Platform, payment: Any) -> list[BookedRefund]:
    """What went back of a payment, or will."""
    return [
        each for each in (await booked_refunds(platform.house)).values() if each.payment_id == payment["id"]
    ]


async def are_back(platform: Platform, payment: Any) -> bool:
    """There are refunds, and all have arrived."""
    return {each.state for each in await refunds_of(platform, payment)} == {"succeeded"}


async def kinds_of(platform: Platform, payment: Any) -> list[str]:
    async with platform.house.database.transaction() as tx:
        return [entry.kind for entry in await platform.house.ledger.entries_about(tx, [payment["id"]])]


@pytest.mark.parametrize("channel", WAYS)
async def test_money_that_comes_in_parts_pays_and_what_is_too_much_goes_back(
    desk: Platform, channel: str
) -> None:
    payment, attempt = await asked(desk, channel)
    await sent(desk, channel, attempt, 400_000)

    async def part_is_booked() -> bool:
        return await kinds_of(desk, payment) == ["payment.arrived"]

    await until(part_is_booked, "the first part is in the books", seconds=40)
    assert (await desk.merchant.payment(payment["id"]))["state"] == "requires_action"
    await sent(desk, channel, attempt, 900_000)
    captured = await desk.merchant.payment_once(payment["id"], "captured", seconds=40)
    assert captured["captured_minor"] == ASKED

    async def too_much_is_back() -> bool:
        return await are_back(desk, payment)

    if channel == "erc20":
        await desk.simulators[channel].control.act_at_large("mine", count=20)
    await until(too_much_is_back, "what was too much is given back", seconds=60)
    [refund] = await refunds_of(desk, payment)
    assert (refund.amount_minor, refund.reason) == (300_000, "overpaid")
    await until_settled(desk.house, seconds=20)
    assert not await faults_in_books(desk.house)


async def test_money_that_is_too_little_goes_back_when_the_merchant_gives_up(desk: Platform) -> None:
    payment, attempt = await asked(desk, "bank")
    await sent(desk, "bank", attempt, 250_000)

    async def part_is_booked() -> bool:
        return await kinds_of(desk, payment) == ["payment.arrived"]

    await until(part_is_booked, "the part is in the books", seconds=40)
    await desk.merchant.post(f"/v1/payments/{payment['id']}/close", {})
    await desk.merchant.payment_once(payment["id"], "canceled", seconds=40)

    async def all_is_back() -> bool:
        return await are_back(desk, payment)

    await until(all_is_back, "what was too little is given back", seconds=60)
    [refund] = await refunds_of(desk, payment)
    assert (refund.amount_minor, refund.reason) == (250_000, "underpaid")
    assert not await faults_in_books(desk.house)


async def test_a_refund_goes_to_the_payers_account_while_the_first_channel_is_ill(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with (
        running_simulator("bank", tmp_path / "first", speed=200) as first,
        running_simulator("bank", tmp_path / "second", speed=200) as second,
        running_platform(
            urls, tmp_path, channels=(), simulators={"bank": first, "second": second}
        ) as platform,
    ):
        payment = await platform.merchant.create_payment(ASKED)
        path = f"/v1/payments/{payment['id']}/attempts"
        attempt = (await platform.merchant.post(path, {"channel": "bank", "product": "transfer"})).body
        await sent(platform, "bank", attempt, ASKED)
        await platform.merchant.payment_once(payment["id"], "captured", seconds=40)
        fault = CallSeen(
            channel="bank",
            operation=Operation.PROBE,
            state=OutcomeState.UNKNOWN,
            error_class=ErrorClass.TRANSPORT,
            seconds=10.0,
        )
        for _ in range(20):
            platform.house.routing.observe(fault)
        reply = await platform.merchant.post(
            f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 300_000}
        )
        assert reply.status in (201, 202), reply.raw
        decided = await Decisions(platform.house.database).about(reply.body["id"])
        assert decided is not None
        assert (decided.purpose, decided.chosen) == (Purpose.PAY_OUT, "second")

        async def arrived() -> bool:
            return await are_back(platform, payment)

        await until(arrived, "the payout has arrived", seconds=60)
        payout = await second.control.payout(reply.body["id"])
        assert (payout.amount_minor, payout.sent_count) == (300_000, 1)
        assert (await first.control.summary()).refunds == 0
        assert not await faults_in_books(platform.house)
