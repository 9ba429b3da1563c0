"""What does a process do? One or more roles, in one event loop, until it is told to stop or its supervisor is gone.

It imports what its roles need and no more: the vault's process holds no house, in memory either.
"""

import asyncio
import os
import signal
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import structlog

from tael.app.addresses import address_of, open_socket
from tael.app.roles import LISTENERS, SIMULATORS, VAULT
from tael.foundation.config import Settings

log = structlog.get_logger("tael.roles")

T = TypeVar("T")

_ORPHAN_SECONDS = 0.5


async def run_roles(
    settings: Settings, database_url: str, roles: Sequence[str], *, child_of: int | None = None
) -> None:
    """Do the work of `roles` until SIGTERM or SIGINT, or until the supervisor `child_of` is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    orphaned = asyncio.create_task(_stop_when_orphaned(child_of, stop)) if child_of is not None else None
    sockets = {role: open_socket(*address_of(settings, role)) for role in roles if role in LISTENERS}
    async with AsyncExitStack() as stack:
        if list(roles) == [SIMULATORS]:
            from tael.app.stand_ins import serve_stand_ins

            await serve_stand_ins(settings, stop)
        elif list(roles) == [VAULT]:
            from tael.app.vault_process import serve_vault

            await unless_stopped(stop, serve_vault(settings, stop))
        else:
            from tael.app.houses import open_houses, serve_roles

            if houses := await unless_stopped(stop, open_houses(stack, settings, database_url, roles)):
                await serve_roles(houses[0], roles, sockets, stop, beside=houses[1])
    if orphaned is not None:
        orphaned.cancel()


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` gives, or `None` if we are told to stop before it is done.

    A start may wait for a database that is down. Whoever is to leave must not wait with it: he holds the addresses
    on which the next one wants to listen.
    """
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return None


async def _stop_when_orphaned(parent: int, stop: asyncio.Event) -> None:
    """Stop when the supervisor is gone. It says its own id: it may have died before we could ask for it."""
    while os.getppid() == parent:  # noqa: ASYNC110 - no event tells that a parent has died
        await asyncio.sleep(_ORPHAN_SECONDS)
    log.warning("orphaned", parent=parent)
    stop.set()
