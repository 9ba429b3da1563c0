"""What does a process with a house do? It serves addresses, runs jobs and carries facts, for the house of test mode, too.

A graceful stop takes no new connections, finishes the requests and the lanes, then the jobs and the courier's batch.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

import structlog
from litestar.types import ASGIApp

from tael.app.collector import spare_the_collector
from tael.app.house import House, open_house
from tael.app.listeners import make_listener
from tael.app.serving import server_of
from tael.app.stand_ins_in_use import use_stand_ins
from tael.app.stopping import unless_stopped
from tael.app.subscriptions import mirror_all
from tael.foundation.config import TEST, Settings

log = structlog.get_logger("tael.roles")

_NOTE_USES_SECONDS = 10.0


async def open_houses(
    stack: AsyncExitStack, settings: Settings, database_url: str, roles: Sequence[str]
) -> tuple[House, House | None]:
    """The house of live and, if there is a database for it, that of test mode beside it."""
    application, beside = f"tael {'+'.join(roles)}", None
    if settings.test_mode and settings.test_database_url is not None:
        opening = open_house(
            settings.of_test_mode(), settings.test_database_url, application=f"{application} {TEST}"
        )
        beside = await stack.enter_async_context(opening)
    house = await stack.enter_async_context(
        open_house(settings, database_url, application=application, beside=beside)
    )
    if beside is not None and "clock" in roles:
        await use_stand_ins(beside, settings)
        await mirror_all(house.merchants, beside.merchants, at=house.clock.now())
    return house, beside


async def serve_roles(
    house: House,
    roles: Sequence[str],
    sockets: dict[str, socket.socket],
    stop: asyncio.Event,
    *,
    beside: House | None = None,
    make: Callable[..., ASGIApp] = make_listener,
) -> None:
    """Start every role, wait for `stop`, then stop them in the order that loses nothing.

    beside   the house of test mode: the same roles are done for both
    make     makes the application of a listener
    """
    houses = [house] if beside is None else [house, beside]
    servers = [server_of(make(house, role, beside=beside), house.settings) for role in sockets]
    serving = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, listener in zip(servers, sockets.values(), strict=True)
    ]
    background = [
        task for each in houses for task in await unless_stopped(stop, _start_background(each, roles)) or []
    ]
    spare_the_collector()
    log.info("started", roles=list(roles))
    stopping = asyncio.create_task(stop.wait())
    ended, _ = await asyncio.wait([stopping, *serving, *background], return_when=asyncio.FIRST_COMPLETED)
    log.info("stopping", roles=list(roles))
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)
    for each in houses:
        each.courier.stop()
    for task in background:
        if task.get_name() != "courier":
            task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    stopping.cancel()
    if {"worker", "clock"} & set(roles):
        for each in houses:
            await each.jobs.close()
    for task in {*serving, *background} & ended:
        task.result()


async def _start_background(house: House, roles: Sequence[str]) -> list["asyncio.Task[None]"]:
    starts: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "worker": lambda: _work(house),
        "courier": house.courier.run,
        "clock": house.jobs.keep_schedule,
        "public": lambda: _note_uses(house.merchant_keys.note_uses),
        "ledger": lambda: _note_uses(house.ledger_keys.note_uses),
        "internal": lambda: _note_uses(house.staff.note_uses),
    }
    if {"worker", "clock"} & set(roles):
        await house.jobs.open()
    return [asyncio.create_task(starts[role](), name=role) for role in roles if role in starts]


async def _work(house: House) -> None:
    """Jobs, and the relays of webhooks and of messages to people."""
    async with asyncio.TaskGroup() as together:
        together.create_task(house.jobs.work(stop_seconds=house.settings.stop_seconds))
        together.create_task(house.webhooks.relay.run())
        together.create_task(house.people.messages.relay.run())


async def _note_uses(note: Callable[[], Awaitable[None]]) -> None:
    """Write down now and then which API keys were used."""
    while True:
        await asyncio.sleep(_NOTE_USES_SECONDS)
        try:
            await note()
        except Exception as error:  # the next round tries again; a key's last use is not worth a process
            log.warning("note_uses_failed", reason=repr(error))
