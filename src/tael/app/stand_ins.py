"""What stands behind test mode? A stand-in for every channel, in one process, each at an address of its own.

They speak the channels' real protocols, and remember what was paid. The house of test mode is told of them as it starts,
unless its operator has set its channels up otherwise.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

import structlog

from tael.app.house import House
from tael.app.purse_channel import install_balance
from tael.app.simulated import install_simulator, use_sources
from tael.app.stand_in_places import other_stand_ins, stand_ins
from tael.foundation.config import Settings
from tael.simulators import registry
from tael.simulators.base import SimulatorOptions
from tael.wallets.api import BALANCE_CHANNEL

log = structlog.get_logger("tael.stand_ins")

SIMULATORS = "simulators"
"""The role that plays them."""
BY = "operator:test-mode"


async def serve_stand_ins(settings: Settings, stop: asyncio.Event) -> None:
    """Play every channel until `stop`."""
    async with AsyncExitStack() as stack:
        for name, stand_in in stand_ins(settings).items():
            options = SimulatorOptions(
                home=stand_in.home, host=stand_in.host, port=stand_in.port, habits=True
            )
            await stack.enter_async_context(registry.SIMULATORS[name].serving(options))
        for name, stand_in in other_stand_ins(settings).items():
            options = SimulatorOptions(home=stand_in.home, host=stand_in.host, port=stand_in.port)
            await stack.enter_async_context(registry.PROVIDERS[name].serving(options))
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
    if BALANCE_CHANNEL not in known:
        await install_balance(house, by=BY)
    played = other_stand_ins(settings)["verification"]
    played.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    use_sources(house.people.verification.sources, played.home, played.url)


def _leads_to(settings: Mapping[str, object], url: str) -> bool:
    return any(str(value).startswith(url) for value in settings.values())
