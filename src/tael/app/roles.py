"""What does a process do? One or more roles, in one event loop, until it is told to stop.

public    the API and the checkout pages
notices   what channels send by themselves
internal  metrics and health
ledger    the ledger's own API
worker    runs jobs, and sends events to merchants and messages to people
courier   carries facts to their subscribers
clock     puts jobs on their schedule

Beside them, in a process of its own:

simulators   plays every channel for test mode
vault        keeps card numbers, of which no other process hears

A graceful stop takes no new connections, finishes the requests and the lanes, then the jobs and the courier's batch.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import structlog
from litestar.types import ASGIApp

from tael.app.house import House, open_house
from tael.app.listeners import LISTENERS, address_of, make_listener, open_socket
from tael.app.serving import server_of, spare_the_collector
from tael.app.stand_ins import SIMULATORS, serve_stand_ins, use_stand_ins
from tael.app.subscriptions import mirror_all
from tael.app.vault_process import VAULT, serve_vault
from tael.foundation.config import TEST, Settings

log = structlog.get_logger("tael.roles")

T = TypeVar("T")

ROLES = (*LISTENERS, "worker", "courier", "clock", SIMULATORS, VAULT)
ROLE_SETS = {"all": ROLES, "ledger": ("ledger", "worker", "clock")}
"""Words that stand for several roles. A ledger by itself needs jobs, too: holds expire and blocks are sealed."""
_NOTE_USES_SECONDS = 10.0
_ORPHAN_SECONDS = 0.5


def roles_in(words: Sequence[str]) -> list[str]:
    """The roles that some words stand for, each once, in the order of `ROLES`."""
    wanted = {role for word in words for role in ROLE_SETS.get(word, (word,))}
    return [role for role in ROLES if role in wanted]


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
            await serve_stand_ins(settings, stop)
        elif list(roles) == [VAULT]:
            await _unless_stopped(stop, serve_vault(settings, stop))
        elif houses := await _unless_stopped(stop, _open_houses(stack, settings, database_url, roles)):
            await serve_roles(houses[0], roles, sockets, stop, beside=houses[1])
    if orphaned is not None:
        orphaned.cancel()


async def _open_houses(
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


async def _unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
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
        task for each in houses for task in await _unless_stopped(stop, _start_background(each, roles)) or []
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
