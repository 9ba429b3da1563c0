"""When does a process leave early? When it is told to while it starts, and when its supervisor is gone."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

log = structlog.get_logger("tael.roles")

T = TypeVar("T")

_ORPHAN_SECONDS = 0.5


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


async def stop_when_orphaned(parent: int, stop: asyncio.Event) -> None:
    """Stop when the supervisor is gone. It says its own id: it may have died before we could ask for it."""
    while os.getppid() == parent:  # noqa: ASYNC110 - no event tells that a parent has died
        await asyncio.sleep(_ORPHAN_SECONDS)
    log.warning("orphaned", parent=parent)
    stop.set()
