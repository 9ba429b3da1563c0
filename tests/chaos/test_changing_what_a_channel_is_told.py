"""What if a channel's keys or addresses change while people pay? Nobody notices: old and new hold together for a moment."""

import asyncio
from pathlib import Path
from typing import Any

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import OutcomeState
from tael.testing.books import check_books, until_settled
from tael.testing.platform import Platform, install, running_platform
from tael.testing.simulators import RunningSimulator, running_simulator

MANY, CHANGES, AT_ONCE = 60, 6, 12


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


async def test_our_key_pair_changes_under_load_between_two_people_and_no_payment_notices(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The channel takes both keys, then we change over, then it takes the new one alone."""
    async with (
        running_simulator("alipay", tmp_path / "alipay", speed=200) as simulator,
        running_platform(urls, tmp_path, simulators={"alipay": simulator}) as platform,
    ):
        captured = await pay(platform)
        await simulator.control.act_at_large("accept_keys", text="app app_next")
        during, _ = await asyncio.gather(pay(platform), change_keys(platform, simulator))
        between = await pay(platform)
        await simulator.control.act_at_large("accept_keys", text="app_next")
        captured += during + between + await pay(platform)
        assert [payment["state"] for payment in captured] == ["captured"] * 4 * AT_ONCE
        assert all(len(payment["attempts"]) == 1 for payment in captured), "no attempt had to be made again"

        await install(platform.house, "alipay", simulator)
        outcome = await platform.house.channels.probe("alipay")
        assert outcome is not None
        assert outcome.state is not OutcomeState.SUCCEEDED, "the old key has really had its day"


async def pay(platform: Platform) -> list[Any]:
    """Many at a time."""
    return list(await asyncio.gather(*(platform.captured_payment(100 + n) for n in range(AT_ONCE))))


async def change_keys(platform: Platform, simulator: RunningSimulator) -> None:
    """One proposes, another approves, while people pay."""
    channels, new_key = platform.house.channels, simulator.home / "app_next_private.pem"
    in_key_mode = {
        "app_private_key": new_key.read_text("ascii"),
        "app_certificate": "",
        "root_certificates": "",
    }
    async with platform.house.database.transaction() as tx:
        proposal = await channels.propose(
            tx,
            "alipay",
            connector="alipay",
            settings=simulator.settings,
            credentials={**simulator.credentials, **in_key_mode},
            note="the yearly change of keys",
            by="staff:ann",
        )
    async with platform.house.database.transaction() as tx:
        await channels.approve(tx, proposal.id, by="staff:bob", digest=proposal.digest)
    await channels.refresh()
    assert channels.configuration("alipay").number == 2
