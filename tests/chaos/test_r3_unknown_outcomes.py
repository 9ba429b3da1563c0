"""R3: what if the channel's answers are late, lost, cut or forged? We say "unknown", ask again, and guess nothing."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import monotonic_seconds
from tael.simulators.base.faults import Fault
from tael.testing.books import booked_payments, booked_refunds, check_books, unsettled
from tael.testing.fault_proxy import FAULTS, FaultProxy, Mode
from tael.testing.platform import Platform, Reply, running_platform
from tael.testing.simulators import running_simulator

EACH = 24
HEAL_SECONDS = 30
FAULT_SECONDS = 2.0
"""How long the wire is bad: long enough for several inquiries."""
ASKED_BEFORE_SECONDS = 0.9
"""By then whatever was asked over the good wire has been answered, or has run into its time limit."""
IMPATIENT: dict[str, Any] = {
    "channel_timeout_seconds": 0.7,
    "inquiry_seconds": [0.3, 0.5, 1],
    "waiting_inquiry_seconds": [0.3, 0.5, 1],
}


class Affected(msgspec.Struct, kw_only=True):
    """Payments that are in the middle of something when the wire goes bad."""

    opened: list[Any]
    """Their payers are about to ask for a code."""
    paid: list[Any]
    """Attempts with a code, paid while nobody can tell us."""
    refunded: list[Any]
    """Captured payments, of which a part is given back."""
    closed: list[Any]
    """Attempts with a code, half of them scanned; their payments are closed."""


@pytest.mark.parametrize(
    "modes",
    [
        pytest.param(FAULTS, id="each request another"),
        *(pytest.param([mode], id=mode, marks=pytest.mark.drill) for mode in FAULTS),
    ],
)
async def test_r3_a_bad_wire_decides_nothing(
    modes: Sequence[Mode], urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Open, pay, refund and close, two dozen each at once, over a wire that is bad in these ways; then it heals."""
    async with running_simulator("alipay", tmp_path / "alipay", speed=200) as simulator:
        target = urlsplit(simulator.settings["gateway_url"])
        async with (
            FaultProxy(target.hostname or "", target.port or 0) as proxy,
            running_platform(
                urls,
                tmp_path,
                simulators={"alipay": simulator},
                told={"alipay": {"gateway_url": proxy.url + target.path}},
                **IMPATIENT,
            ) as platform,
        ):
            affected = await _prepare(platform)
            await simulator.control.switch_on(Fault.DROP_NOTICES)
            proxy.mode = cycle(modes)
            await asyncio.sleep(ASKED_BEFORE_SECONDS)
            answers = await _act(platform, affected)
            await asyncio.sleep(FAULT_SECONDS)
            await _nothing_is_decided(platform, affected, answers)
            assert min(proxy.seen[mode] for mode in modes) >= 4 * EACH // len(modes)

            proxy.mode = Mode.PASS
            healed_at = monotonic_seconds()
            while left := await _unresolved(platform, affected):
                assert monotonic_seconds() - healed_at < HEAL_SECONDS, left[:10]
                await asyncio.sleep(0.1)
            await _everything_is_as_the_channel_says(platform, affected)
            await check_books(platform.house, await simulator.control.summary())


async def _prepare(platform: Platform) -> Affected:
    merchant = platform.merchant

    async def with_code() -> Any:
        attempt = await merchant.start_attempt((await merchant.create_payment(1280))["id"])
        while attempt["action"] is None:  # a busy machine may be too slow for the short timeout
            await asyncio.sleep(0.2)
            [attempt] = (await merchant.payment(attempt["payment_id"]))["attempts"]
        return attempt

    async def captured() -> Any:
        attempt = await with_code()
        await platform.simulator.control.pay(attempt["action"]["code_url"])
        return await merchant.payment_once(attempt["payment_id"], "captured")

    async def scanned() -> Any:
        attempt = await with_code()
        await platform.simulator.control.act("scan", attempt["action"]["code_url"])
        return attempt

    return Affected(
        opened=await asyncio.gather(*(merchant.create_payment(1280) for _ in range(EACH))),
        paid=await asyncio.gather(*(with_code() for _ in range(EACH))),
        refunded=await asyncio.gather(*(captured() for _ in range(EACH))),
        closed=await asyncio.gather(*(scanned() if n % 2 else with_code() for n in range(EACH))),
    )


async def _act(platform: Platform, affected: Affected) -> list[Reply]:
    """Do everything at once; gives the answers of our API."""
    merchant, control = platform.merchant, platform.simulator.control
    paying = asyncio.gather(*(control.pay(attempt["action"]["code_url"]) for attempt in affected.paid))
    answers = await asyncio.gather(
        *(
            merchant.post(f"/v1/payments/{payment['id']}/attempts", {"channel": "alipay"})
            for payment in affected.opened
        ),
        *(
            merchant.post(f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 300})
            for payment in affected.refunded
        ),
        *(merchant.post(f"/v1/payments/{attempt['payment_id']}/close", {}) for attempt in affected.closed),
    )
    await paying
    return answers


async def _nothing_is_decided(platform: Platform, affected: Affected, answers: list[Reply]) -> None:
    """While nobody has heard the channel, nothing has failed, succeeded or ended."""
    assert {answer.status for answer in answers} == {202}, [answer.raw for answer in answers][:3]
    payments, refunds = await booked_payments(platform.house), await booked_refunds(platform.house)
    undecided = [payment["id"] for payment in affected.opened]
    undecided += [attempt["payment_id"] for attempt in (*affected.paid, *affected.closed)]
    states = {payments[id].state for id in undecided}
    assert states <= {"created", "processing", "requires_action"}, states
    assert {refund.state for refund in refunds.values()} <= {"processing", "unknown"}
    for payment in affected.refunded:
        assert payments[payment["id"]].refunded_minor == 0


async def _unresolved(platform: Platform, affected: Affected) -> list[str]:
    payments = await booked_payments(platform.house)
    waiting = [
        f"{id} is {payments[id].state}, not {state}"
        for state, ids in (
            ("requires_action", [payment["id"] for payment in affected.opened]),
            ("captured", [attempt["payment_id"] for attempt in affected.paid]),
            ("canceled", [attempt["payment_id"] for attempt in affected.closed]),
        )
        for id in ids
        if payments[id].state != state
    ]
    return waiting or await unsettled(platform.house)


async def _everything_is_as_the_channel_says(platform: Platform, affected: Affected) -> None:
    control = platform.simulator.control
    payments, refunds = await booked_payments(platform.house), await booked_refunds(platform.house)
    assert len(refunds) == EACH
    for refund in refunds.values():
        trade = await control.order(refund.attempt_id)
        assert refund.state == "succeeded"
        assert [(each.refund_number, each.amount_minor) for each in trade.refunds] == [(refund.id, 300)]
    for attempt in affected.paid:
        assert (await control.order(attempt["id"])).paid_count == 1
        assert payments[attempt["payment_id"]].captured_by == attempt["id"]
    for number, attempt in enumerate(affected.closed):
        trade = await control.order(attempt["id"])
        assert (trade.state, trade.paid_count) == ("TRADE_CLOSED" if number % 2 else "UNSCANNED", 0)
    for payment in affected.opened:
        orders = payments[payment["id"]].orders
        assert len(orders) == 1, "a second order was opened while the first was unknown"
