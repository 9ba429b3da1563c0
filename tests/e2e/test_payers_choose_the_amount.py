"""What if payers send what they like? Enough pays, too much and too little goes back, and the books know every step."""

from pathlib import Path
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.model import CallSeen
from tael.channels.port import ErrorClass, Operation, OutcomeState
from tael.routing.api import Decisions
from tael.routing.model import Purpose
from tael.testing.books import booked_refunds, faults_in_books, until_settled
from tael.testing.patience import until
from tael.testing.platform import Platform, running_platform
from tael.testing.simulators import running_simulator

WAYS = {
    "bank": ("bank_transfer", "CNY", "send_money"),
    "erc20": ("stablecoin", "USDC", "send_tokens"),
}
ASKED = 1_000_000


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


async def kinds_of(platform: Platform, payment: Any) -> list[str]:
    async with platform.house.database.transaction() as tx:
        return [entry.kind for entry in await platform.house.ledger.entries_about(tx, [payment["id"]])]


@pytest.mark.parametrize("channel", WAYS)
async def test_money_that_comes_in_parts_pays_and_what_is_too_much_goes_back(
    channel: str, urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with running_platform(urls, tmp_path, channels=(channel,)) as platform:
        payment, attempt = await asked(platform, channel)
        await sent(platform, channel, attempt, 400_000)

        async def part_is_booked() -> bool:
            return await kinds_of(platform, payment) == ["payment.arrived"]

        await until(part_is_booked, "the first part is in the books", seconds=40)
        assert (await platform.merchant.payment(payment["id"]))["state"] == "requires_action"
        await sent(platform, channel, attempt, 900_000)
        captured = await platform.merchant.payment_once(payment["id"], "captured", seconds=40)
        assert captured["captured_minor"] == ASKED

        async def too_much_is_back() -> bool:
            return {each.state for each in (await booked_refunds(platform.house)).values()} == {"succeeded"}

        if channel == "erc20":
            await platform.simulators[channel].control.act_at_large("mine", count=20)
        await until(too_much_is_back, "what was too much is given back", seconds=60)
        [refund] = (await booked_refunds(platform.house)).values()
        assert (refund.amount_minor, refund.reason) == (300_000, "overpaid")
        await until_settled(platform.house, seconds=20)
        assert not await faults_in_books(platform.house)


async def test_money_that_is_too_little_goes_back_when_the_merchant_gives_up(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with running_platform(urls, tmp_path, channels=("bank",)) as platform:
        payment, attempt = await asked(platform, "bank")
        await sent(platform, "bank", attempt, 250_000)

        async def part_is_booked() -> bool:
            return await kinds_of(platform, payment) == ["payment.arrived"]

        await until(part_is_booked, "the part is in the books", seconds=40)
        await platform.merchant.post(f"/v1/payments/{payment['id']}/close", {})
        await platform.merchant.payment_once(payment["id"], "canceled", seconds=40)

        async def all_is_back() -> bool:
            return {each.state for each in (await booked_refunds(platform.house)).values()} == {"succeeded"}

        await until(all_is_back, "what was too little is given back", seconds=60)
        [refund] = (await booked_refunds(platform.house)).values()
        assert (refund.amount_minor, refund.reason) == (250_000, "underpaid")
        assert not await faults_in_books(platform.house)


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
            return {each.state for each in (await booked_refunds(platform.house)).values()} == {"succeeded"}

        await until(arrived, "the payout has arrived", seconds=60)
        payout = await second.control.payout(reply.body["id"])
        assert (payout.amount_minor, payout.sent_count) == (300_000, 1)
        assert (await first.control.summary()).refunds == 0
        assert not await faults_in_books(platform.house)
