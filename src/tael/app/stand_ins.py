"""What stands behind test mode? A stand-in for every channel, in one process, each at an address of its own.

They speak the channels' real protocols, and remember what was paid. The house of test mode is told of them as it starts,
unless its operator has set its channels up otherwise.
"""

import asyncio
import importlib.util
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import structlog

from tael.app.house import House
from tael.app.simulated import install_simulator
from tael.foundation.config import ConfigurationRefused, Settings
from tael.simulators import registry
from tael.simulators.base import SimulatorOptions

log = structlog.get_logger("tael.stand_ins")

SIMULATORS = "simulators"
"""The role that plays them."""
_NEEDS = {"erc20": "eth_tester"}
"""What only some installations have: the extra `simulators`."""
BY = "operator:test-mode"


class StandIn(msgspec.Struct, frozen=True, kw_only=True):
    """Where a channel is played."""

    host: str
    port: int
    home: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}"


def stand_ins(settings: Settings) -> Mapping[str, StandIn]:
    """Each channel's stand-in, one port after the other; refuses an address that cannot be used."""
    host, _, first = settings.simulators_listen.rpartition(":")
    if not host or not first.isdigit():
        raise ConfigurationRefused(
            f"TAEL_SIMULATORS_LISTEN={settings.simulators_listen} is not an address and a port, like 127.0.0.1:8061."
        )
    homes = settings.of_test_mode().home / "simulators"
    names = [
        name for name in registry.SIMULATORS if name not in _NEEDS or importlib.util.find_spec(_NEEDS[name])
    ]
    return {
        name: StandIn(host=host, port=int(first) + place, home=homes / name)
        for place, name in enumerate(names)
    }


async def serve_stand_ins(settings: Settings, stop: asyncio.Event) -> None:
    """Play every channel until `stop`."""
    async with AsyncExitStack() as stack:
        for name, stand_in in stand_ins(settings).items():
            options = SimulatorOptions(
                home=stand_in.home, host=stand_in.host, port=stand_in.port, habits=True
            )
            await stack.enter_async_context(registry.SIMULATORS[name].serving(options))
        log.info("stand_ins_started", channels=list(stand_ins(settings)))
        await stop.wait()


async def use_stand_ins(house: House, settings: Settings) -> None:
    """Let the house of test mode speak to the stand-ins, at the addresses that they have now.

    settings   of the house of live, whose processes play them
    """
    known = set(house.channels.names())
    for name, stand_in in stand_ins(settings).items():
        in_use = house.channels.configuration(name) if name in known else None
        if in_use is None or (in_use.approved_by == BY and not _leads_to(in_use.settings, stand_in.url)):
            await install_simulator(house, name, stand_in.home, stand_in.url, by=BY)


def _leads_to(settings: Mapping[str, object], url: str) -> bool:
    return any(str(value).startswith(url) for value in settings.values())
