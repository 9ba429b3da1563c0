"""What do the tests of the acceptance kit share? The invented channel of the example plug-in, and a run against it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from tael_lantern import KIND
from tael_lantern.simulator import SIMULATOR

from tael.acceptance.api import Candidate, Report, accept_against_simulator
from tael.channels.port import Connector
from tael.foundation.clock import SystemClock
from tael.simulators.base import SimulatorOptions

Makes = Callable[[object, object], Connector]
Accepts = Callable[..., Awaitable[Report]]


@contextlib.asynccontextmanager
async def lantern_with(makes: Makes, home: Path) -> AsyncIterator[tuple[str, Candidate]]:
    """Lantern's simulator, and a connector made for it."""
    options = SimulatorOptions(home=home, speed=600, remembers=False)
    async with SIMULATOR.serving(options) as url:
        settings = msgspec.convert(SIMULATOR.settings(home, url), KIND.settings)
        credentials = msgspec.convert(SIMULATOR.credentials(home, url), KIND.credentials)
        yield (
            url,
            Candidate(
                channel="lantern",
                connector_name="lantern",
                connector_version="1.0.0",
                connector=makes(settings, credentials),
            ),
        )


@pytest.fixture
def accepts(tmp_path: Path) -> Accepts:
    """Run the kit over a connector for Lantern; `only` names the scenarios."""

    async def accept(makes: Makes = KIND.make, *, only: str = "") -> Report:
        async with lantern_with(makes, tmp_path / "lantern") as (url, candidate):
            return await accept_against_simulator(candidate, control_url=url, clock=SystemClock(), only=only)

    return accept
