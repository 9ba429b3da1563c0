"""What stands behind test mode? A stand-in for every channel, in one process, each at an address of its own.

They speak the channels' real protocols, and remember what was paid.
"""

import asyncio
from contextlib import AsyncExitStack

import structlog

from tael.app.stand_in_places import other_stand_ins, stand_ins
from tael.foundation.config import Settings
from tael.simulators import registry
from tael.simulators.base import SimulatorOptions

log = structlog.get_logger("tael.stand_ins")


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
