"""Does the drill find out by itself whether a channel is missed, on a platform that runs? And does it write that down?"""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tael.app.drill import DrillPlan, DrillResult, TakenOut, broken, check_practicable, practise
from tael.app.drill_payments import payments_coming_in
from tael.app.supervisor import DatabaseUrls
from tael.partners.model import DrillState
from tael.partners.schemas import OpenPartner, StartTrial
from tael.routing.errors import DrillRefused
from tael.testing.books import faults_in_books, until_settled
from tael.testing.databases import fresh_database
from tael.testing.platform import Platform, running_platform
from tael.testing.simulators import running_simulator
from tests.integration.test_cli import tael

QUICKLY = DrillPlan(before_seconds=3, out_seconds=4, back_seconds=60, settle_seconds=20)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def platform(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Platform, DatabaseUrls]]:
    """Two channels of one method; there is a partner behind the first."""
    folder = tmp_path_factory.mktemp("drill")
    async with (
        fresh_database(server) as urls,
        running_simulator("alipay", folder / "first", speed=200) as first,
        running_simulator("alipay", folder / "second", speed=200) as second,
        running_platform(
            urls, folder, channels=(), simulators={"first": first, "second": second}, routing_policy="random"
        ) as running,
    ):
        partners = running.house.partners
        await partners.do("first", OpenPartner(title="First Ltd.", owner="ann"), actor="operator:ann")
        await partners.do("first", StartTrial(), actor="operator:ann")
        await partners.refresh()
        await running.house.routing.refresh()
        yield running, urls


async def practised(platform: Platform, taken_out: TakenOut, *, breaking: bool) -> DrillResult:
    merchant, house = platform.merchant, platform.house
    can = house.channels.capabilities("first")
    async with payments_coming_in(merchant.url, merchant.secret, can, each_second=12):
        return await practise(
            house,
            "first",
            plan=QUICKLY,
            taken_out=taken_out,
            breaking=breaking,
            actor="operator:ann",
            heard=lambda *_: None,
        )


async def test_the_command_shows_that_a_channel_at_rest_is_not_missed(
    platform: tuple[Platform, DatabaseUrls], tmp_path: Path
) -> None:
    running, urls = platform
    key = tmp_path / "merchant.key"
    key.write_text(f"{running.merchant.secret}\n")
    times = ("--before", "2", "--out", "7", "--each-second", "10")
    environment = {
        "TAEL_DATABASE_URL": urls.application,
        "TAEL_HOME": str(running.house.settings.home),
        "TAEL_PUBLIC_URL": running.public_url,
    }
    status, output, errors = await tael(
        "routing", "drill", "first", *times, "--merchant-key", str(key), **environment
    )
    assert (status, "Passed." in output) == (0, True), output + errors
    [drill] = await running.house.partners.reads.drills(channel="first", state=DrillState.PASSED)
    assert drill.recovery_seconds is not None
    assert drill.recovery_seconds <= 7, "not only when the channel was back"
    assert " 0 lost" in drill.findings
    assert drill.run_by is not None
    assert drill.run_by.startswith("operator:")
    [window] = await running.house.partners.reads.windows(channel="first")
    assert window.cancelled_at is not None, "the channel was brought back"
    status, output, errors = await tael("routing", "health", **environment)
    [line] = [line.split() for line in output.splitlines() if line.startswith("second")]
    assert (status, line[1]) == (0, "code"), output + errors
    assert int(line[2]) >= 30, "payments went over the other one"


async def test_a_channel_that_answers_nobody_costs_no_payment(
    platform: tuple[Platform, DatabaseUrls],
) -> None:
    running, _ = platform
    result = await practised(running, broken(running.simulators["first"].url), breaking=True)
    assert not result.faults, result
    assert result.moved > 10
    assert await running.simulators["first"].control.faults() == []
    await until_settled(running.house, seconds=30)
    assert not await faults_in_books(running.house)


@pytest.mark.drill
async def test_a_channel_that_is_not_taken_out_fails_the_drill(
    platform: tuple[Platform, DatabaseUrls],
) -> None:
    """Nothing is made to look better than it is: what goes on as before was not moved."""
    running, _ = platform
    plan = DrillPlan(before_seconds=4, out_seconds=6, back_seconds=2)
    merchant, house = running.merchant, running.house
    can = house.channels.capabilities("first")
    async with payments_coming_in(merchant.url, merchant.secret, can, each_second=12):
        result = await practise(
            house,
            "first",
            plan=plan,
            taken_out=contextlib.nullcontext(),
            breaking=False,
            actor="operator:ann",
            heard=lambda *_: None,
        )
    assert any("still used" in fault for fault in result.faults), result
    [drill] = await house.partners.reads.drills(channel="first", state=DrillState.FAILED)
    assert "Failed: it was still used" in drill.findings


async def test_nothing_is_practised_that_could_not_be_seen_or_would_hurt(
    platform: tuple[Platform, DatabaseUrls],
) -> None:
    running, _ = platform
    before = await running.house.partners.reads.drills(channel="first")
    quiet = DrillPlan(before_seconds=1)
    with pytest.raises(DrillRefused, match="nothing to move"):
        await practise(
            running.house,
            "first",
            plan=quiet,
            taken_out=contextlib.nullcontext(),
            breaking=False,
            actor="operator:ann",
            heard=lambda *_: None,
        )
    assert await running.house.partners.reads.drills(channel="first") == before, "and no drill is on record"
    async with running.house.database.transaction() as tx:
        simulator = running.simulators["first"]
        real = {**simulator.settings, "gateway_url": "https://openapi.example.com/gateway.do"}
        proposal = await running.house.channels.propose(
            tx,
            "real",
            connector=simulator.connector,
            settings=real,
            credentials=simulator.credentials,
            note="a contract",
            by="staff:ann",
        )
    async with running.house.database.transaction() as tx:
        await running.house.channels.approve(tx, proposal.id, by="staff:bo")
    await running.house.channels.refresh()
    with pytest.raises(DrillRefused, match="real money"):
        check_practicable(running.house, "real", announced=False, breaking=False)
    with pytest.raises(DrillRefused, match="real money"):
        check_practicable(running.house, "real", announced=True, breaking=True)
    check_practicable(running.house, "real", announced=True, breaking=False)
