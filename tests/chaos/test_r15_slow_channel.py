"""R15: what does a channel that takes ten seconds do to the others? Nothing: each has its own wires, turns and rounds."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import monotonic_seconds
from tael.testing.fault_proxy import Mode
from tests.chaos.test_failover import SLOW_SECONDS, two_channels

pytestmark = pytest.mark.alone

HANGING, BRISK = 120, 60
PATIENCE_SECONDS = SLOW_SECONDS - 2
"""The slow channel's first answer cannot come before: whatever ends sooner did not wait for it."""


async def test_r15_a_slow_channel_holds_up_neither_payers_nor_the_janitor_of_another(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """More calls hang than a channel may have at once; meanwhile the other one is paid, closed and inquired about."""
    async with two_channels(urls, tmp_path) as (platform, proxy):
        merchant, control = platform.merchant, platform.simulators["second"].control
        proxy.mode = Mode.DELAY

        async def over(channel: str) -> Any:
            payment = await merchant.create_payment(1280)
            return await merchant.post(f"/v1/payments/{payment['id']}/attempts", {"channel": channel})

        async def paid() -> None:
            attempt = (await over("second")).body
            await control.pay(attempt["action"]["code_url"])
            await merchant.payment_once(attempt["payment_id"], "captured")

        async def closed() -> None:
            attempt = (await over("second")).body
            await control.act("scan", attempt["action"]["code_url"])
            reply = await merchant.post(f"/v1/payments/{attempt['payment_id']}/close", {})
            assert (reply.status, reply.body["state"]) == (200, "canceled")

        hanging = [asyncio.create_task(over("first")) for _ in range(HANGING)]
        await asyncio.sleep(0.5)
        began = monotonic_seconds()
        await asyncio.gather(*(paid() if n % 2 else closed() for n in range(BRISK)))
        took = monotonic_seconds() - began
        assert took < PATIENCE_SECONDS, f"{took:.1f} s: somebody waited for the slow channel"
        slow = [task.result() for task in hanging if task.done()]
        assert all(answer.status == 202 or answer.body["state"] == "failed" for answer in slow)
        assert any(answer.body["channel_code"] == "channels.busy" for answer in slow), (
            "the surplus is turned away at once"
        )

        proxy.mode = Mode.PASS
        await asyncio.gather(*hanging)
