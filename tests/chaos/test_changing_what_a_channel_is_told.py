"""What if a channel's keys or addresses change while people pay? Nobody notices: old and new hold together for a moment."""

import asyncio
from pathlib import Path
from typing import Any

from tael.app.supervisor import DatabaseUrls
from tael.testing.books import check_books, until_settled
from tael.testing.platform import install, running_platform
from tael.testing.simulators import running_simulator

MANY, CHANGES = 60, 6


async def test_keys_and_addresses_change_under_load_and_no_payment_notices(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Each change is a new configuration with fresh connections and freshly loaded keys."""
    async with (
        running_simulator("alipay", tmp_path / "alipay", speed=200) as simulator,
        running_platform(urls, tmp_path, simulators={"alipay": simulator}) as platform,
    ):

        async def change() -> None:
            for number in range(CHANGES):
                await asyncio.sleep(0.3)
                address = simulator.settings["gateway_url"]
                other = address.replace("127.0.0.1", "localhost") if number % 2 else address
                await install(platform.house, "alipay", simulator, gateway_url=other)

        changing = asyncio.create_task(change())
        captured: list[Any] = []
        while not changing.done() or len(captured) < MANY:
            captured += await asyncio.gather(*(platform.captured_payment(100 + n) for n in range(6)))
        await changing
        assert {payment["state"] for payment in captured} == {"captured"}
        assert all(len(payment["attempts"]) == 1 for payment in captured), "no attempt had to be made again"
        assert platform.house.channels.configuration("alipay").number == CHANGES + 1
        await until_settled(platform.house, seconds=20)
        await check_books(platform.house, await simulator.control.summary())
