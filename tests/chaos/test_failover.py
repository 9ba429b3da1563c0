"""What if a channel dies while another could do? Payers get their code from the other one, and nothing is paid twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import monotonic_seconds
from tael.testing.books import booked_payments, faults_in_books, unsettled, until_settled
from tael.testing.fault_proxy import FaultProxy, Mode
from tael.testing.platform import Platform, running_platform
from tael.testing.simulators import running_simulator

pytestmark = pytest.mark.alone

MANY = 40
SLOW_SECONDS = 12.0
FAILOVER_SECONDS = SLOW_SECONDS - 2
"""Whoever has a code by then has not waited for the slow channel, however busy the machine is."""


@asynccontextmanager
async def two_channels(
    urls: DatabaseUrls, folder: Path, **settings: Any
) -> AsyncIterator[tuple[Platform, FaultProxy]]:
    """Two channels of one method; there is a wire before the first that can go bad."""
    async with (
        running_simulator("alipay", folder / "first", speed=200) as first,
        running_simulator("alipay", folder / "second", speed=200) as second,
    ):
        target = urlsplit(first.settings["gateway_url"])
        async with (
            FaultProxy(target.hostname or "", target.port or 0, delay_seconds=SLOW_SECONDS) as proxy,
            running_platform(
                urls,
                folder,
                channels=(),
                simulators={"first": first, "second": second},
                told={"first": {"gateway_url": proxy.url + target.path}},
                channel_timeout_seconds=SLOW_SECONDS + 3,
                **settings,
            ) as platform,
        ):
            yield platform, proxy


async def started(platform: Platform) -> tuple[Any, float]:
    """An attempt in whichever way the platform likes, and how long that took."""
    payment = await platform.merchant.create_payment(1280)
    began = monotonic_seconds()
    reply = await platform.merchant.post(f"/v1/payments/{payment['id']}/attempts", {"method": "alipay"})
    assert reply.status == 201, reply.raw
    return reply.body, monotonic_seconds() - began


@pytest.mark.parametrize("mode", [Mode.DELAY, Mode.RESET_BEFORE, Mode.LOST_REPLY])
async def test_a_dead_channel_is_left_for_another_within_seconds(
    mode: Mode, urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with two_channels(urls, tmp_path) as (platform, proxy):
        proxy.mode = mode
        attempts = await asyncio.gather(*(started(platform) for _ in range(MANY)))
        assert max(seconds for _, seconds in attempts) < FAILOVER_SECONDS
        assert {attempt["channel"] for attempt, _ in attempts} == {"second"}
        await asyncio.gather(
            *(platform.simulators["second"].control.pay(a["action"]["code_url"]) for a, _ in attempts)
        )
        for attempt, _ in attempts:
            await platform.merchant.payment_once(attempt["payment_id"], "captured")
        proxy.mode = Mode.PASS
        await until_settled(platform.house, seconds=30)
        payments = await booked_payments(platform.house)
        assert {each.state for each in payments.values()} == {"captured"}
        assert any(len(each.orders) > 1 for each in payments.values()), "the dead channel was tried, too"
        dead = await platform.simulators["first"].control.summary()
        assert (dead.paid_orders, dead.paid_minor) == (0, 0)
        assert not await faults_in_books(platform.house)


async def test_a_channel_that_is_known_to_be_dead_is_not_even_tried(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with two_channels(urls, tmp_path) as (platform, proxy):
        proxy.mode = Mode.RESET_BEFORE
        await asyncio.gather(*(started(platform) for _ in range(MANY)))
        before = proxy.seen[Mode.RESET_BEFORE]
        later = [await started(platform) for _ in range(10)]
        assert {attempt["channel"] for attempt, _ in later} == {"second"}
        assert len(await booked_payments(platform.house)) == MANY + 10
        booked = sorted((await booked_payments(platform.house)).values(), key=lambda each: each.id)
        tried = sum(len(each.orders) > 1 for each in booked[-10:])
        assert tried <= 2, (
            f"the breaker lets only a probe through; {proxy.seen[Mode.RESET_BEFORE] - before} calls more"
        )


async def test_a_definite_refusal_goes_to_another_channel_and_the_payers_own_does_not(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Nothing is tried elsewhere when the merchant named the channel."""
    async with two_channels(urls, tmp_path) as (platform, proxy):
        proxy.mode = Mode.RESET_BEFORE
        payment = await platform.merchant.create_payment(1280)
        path = f"/v1/payments/{payment['id']}/attempts"
        pinned = await platform.merchant.post(path, {"channel": "first"})
        assert (pinned.status, pinned.body["state"]) == (202, "unknown")
        assert len((await platform.merchant.payment(payment["id"]))["attempts"]) == 1
        proxy.mode = Mode.PASS
        await platform.merchant.post(f"/v1/payments/{payment['id']}/close", {})
        await until_settled(platform.house, seconds=20)
        assert not await unsettled(platform.house)
