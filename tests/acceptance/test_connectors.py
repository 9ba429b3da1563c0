"""Do connectors keep the heart of their promises? A selection; `make acceptance` tries them all."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from tael.acceptance.api import Candidate, Fault, Props, Report, Verdict, accept_against_simulator
from tael.channels.registry import connector_kinds
from tael.foundation.clock import SystemClock
from tael.simulators.base import SimulatorOptions
from tael.simulators.registry import SIMULATORS

Accepts = Callable[..., Awaitable[Report]]
CORE = "pay.code,refund.part,inquire.paid,notice.paid,close.unpaid"


def _complaints(report: Report) -> list[str]:
    return [
        f"{case.scenario} under {case.fault}: expected {case.expected}, came {case.came}"
        for case in report.cases
        if case.verdict is Verdict.FAILED
    ]


async def test_the_example_connector_keeps_all_its_promises(accepts: Accepts) -> None:
    report = await accepts()
    assert _complaints(report) == []
    assert report.passed
    assert report.complete
    assert (report.double_effects, report.guesses) == (0, 0)
    assert report.unknowns == report.resolved > 150
    assert report.slowest_milliseconds < 30_000
    tried = {(case.scenario, case.fault) for case in report.cases if case.verdict is Verdict.PASSED}
    assert {("refund.part", fault) for fault in (Fault.LOST_REPLY, Fault.ONE_BIT)} <= tried
    not_promised = {case.scenario for case in report.cases if case.verdict is Verdict.NOT_PROMISED}
    assert {"split", "pay_out", "bill.trades", "capture.part"} <= not_promised


@pytest.mark.parametrize("name", ["alipay"])
async def test_a_built_in_connector_keeps_the_heart_of_its_promises(name: str, tmp_path: Path) -> None:
    simulator = SIMULATORS[name]
    kind = connector_kinds()[simulator.connector]
    async with simulator.serving(SimulatorOptions(home=tmp_path, speed=600, remembers=False)) as url:
        settings = msgspec.convert(simulator.settings(tmp_path, url), kind.settings)
        credentials = msgspec.convert(simulator.credentials(tmp_path, url), kind.credentials)
        candidate = Candidate(
            channel=name,
            connector_name=kind.name,
            connector_version="test",
            connector=kind.make(settings, credentials),
        )
        report = await accept_against_simulator(
            candidate,
            control_url=url,
            clock=SystemClock(),
            props=msgspec.convert(simulator.props_in(tmp_path, url), Props),
            only=CORE,
        )
    assert _complaints(report) == []
    assert report.unknowns == report.resolved > 20
    assert not report.complete
