"""Does the acceptance kit find anything wrong with the stablecoin channel?"""

from pathlib import Path

import msgspec
import pytest

from tael.acceptance.api import Candidate, Props, RememberingSigner, Verdict, accept_against_simulator
from tael.channels.connectors.erc20 import Erc20Credentials, make_keyring
from tael.foundation.clock import SystemClock
from tael.simulators.registry import SIMULATORS
from tael.testing.simulators import connector_of, running_simulator


@pytest.mark.parametrize("story", ["close.paid", "pay_out.repeated"])
async def test_the_story_holds_under_every_fault_of_the_catalogue(story: str, tmp_path: Path) -> None:
    async with running_simulator("erc20", tmp_path) as simulator:
        keyring = make_keyring(msgspec.convert(simulator.credentials, Erc20Credentials))
        assert keyring is not None
        candidate = Candidate(
            channel="usdc",
            connector_name="erc20",
            connector_version="0",
            connector=connector_of(simulator),
            signer=RememberingSigner(keyring),
        )
        report = await accept_against_simulator(
            candidate,
            control_url=simulator.url,
            clock=SystemClock(),
            props=Props(**SIMULATORS["erc20"].props),
            only=story,
        )

    assert [case for case in report.cases if case.verdict is Verdict.FAILED] == []
    assert sum(case.verdict is Verdict.PASSED for case in report.cases) > 8
