"""What does a process do? One or more roles, in one event loop, until it is told to stop or its supervisor is gone.

It imports what its roles need and no more: the vault's process holds no house, in memory either.
"""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tael.app.addresses import address_of, open_socket
from tael.app.roles import LISTENERS, SIMULATORS, VAULT
from tael.app.stopping import stop_when_orphaned, unless_stopped
from tael.foundation.config import Settings


async def run_roles(
    settings: Settings, database_url: str, roles: Sequence[str], *, child_of: int | None = None
) -> None:
    """Do the work of `roles` until SIGTERM or SIGINT, or until the supervisor `child_of` is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    orphaned = asyncio.create_task(stop_when_orphaned(child_of, stop)) if child_of is not None else None
    async with AsyncExitStack() as stack:
        if list(roles) == [SIMULATORS]:
            from tael.app.stand_ins import serve_stand_ins

            await serve_stand_ins(settings, stop)
        elif list(roles) == [VAULT]:
            from tael.app.vault_process import serve_vault

            await unless_stopped(stop, serve_vault(settings, stop))
        else:
            from tael.app.houses import (
                open_houses,
                serve_roles,
            )  # before callers can wait for what is not imported

            sockets = {role: open_socket(*address_of(settings, role)) for role in roles if role in LISTENERS}
            if houses := await unless_stopped(stop, open_houses(stack, settings, database_url, roles)):
                await serve_roles(houses[0], roles, sockets, stop, beside=houses[1])
    if orphaned is not None:
        orphaned.cancel()
