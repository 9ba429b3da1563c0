"""What does a process do? One or more of seven roles, in one event loop, until it is told to stop.

public    the API and the checkout pages
notices   what channels send by themselves
internal  metrics and health
ledger    the ledger's own API
worker    runs jobs
courier   carries facts to their subscribers
clock     puts jobs on their schedule

A graceful stop takes no new connections, finishes the requests and the lanes, then the jobs and the courier's batch.
"""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from typing import Any, TypeVar

import structlog
import uvicorn
from litestar.types import ASGIApp

from tael.app.house import House, open_house
from tael.app.listeners import LISTENERS, address_of, make_listener, open_socket
from tael.foundation.config import Settings

log = structlog.get_logger("tael.roles")

T = TypeVar("T")

ROLES = (*LISTENERS, "worker", "courier", "clock")
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
    house = open_house(settings, database_url, application=f"tael {'+'.join(roles)}")
    async with AsyncExitStack() as stack:
        opened = await _unless_stopped(stop, stack.enter_async_context(house))
        if opened is not None:
            await serve_roles(opened, roles, sockets, stop)
    if orphaned is not None:
        orphaned.cancel()


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
    house: House, roles: Sequence[str], sockets: dict[str, socket.socket], stop: asyncio.Event
) -> None:
    """Start every role, wait for `stop`, then stop them in the order that loses nothing."""
    servers = [_Server(_uvicorn_config(make_listener(house, role), house.settings)) for role in sockets]
    serving = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, listener in zip(servers, sockets.values(), strict=True)
    ]
    background = await _unless_stopped(stop, _start_background(house, roles)) or []
    _spare_the_collector()
    log.info("started", roles=list(roles))
    stopping = asyncio.create_task(stop.wait())
    ended, _ = await asyncio.wait([stopping, *serving, *background], return_when=asyncio.FIRST_COMPLETED)
    log.info("stopping", roles=list(roles))
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)
    house.courier.stop()
    for task in background:
        if task.get_name() != "courier":
            task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    stopping.cancel()
    if {"worker", "clock"} & set(roles):
        await house.jobs.close()
    for task in {*serving, *background} & ended:
        task.result()


def _spare_the_collector() -> None:
    """What was made at the start stays: the garbage collector need not look at it again and again.

    Requests leave few cycles behind, so it is also called less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def _start_background(house: House, roles: Sequence[str]) -> list["asyncio.Task[None]"]:
    starts: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "worker": lambda: house.jobs.work(stop_seconds=house.settings.stop_seconds),
        "courier": house.courier.run,
        "clock": house.jobs.keep_schedule,
        "public": lambda: _note_uses(house.merchants.note_uses),
        "ledger": lambda: _note_uses(house.ledger_keys.note_uses),
        "internal": lambda: _note_uses(house.staff.note_uses),
    }
    if {"worker", "clock"} & set(roles):
        await house.jobs.open()
    return [asyncio.create_task(starts[role](), name=role) for role in roles if role in starts]


async def _note_uses(note: Callable[[], Awaitable[None]]) -> None:
    """Write down now and then which API keys were used."""
    while True:
        await asyncio.sleep(_NOTE_USES_SECONDS)
        try:
            await note()
        except Exception as error:  # the next round tries again; a key's last use is not worth a process
            log.warning("note_uses_failed", reason=repr(error))


def _uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,  # longer than the 60 s of the usual load balancer, which must be the first to hang up
        timeout_graceful_shutdown=int(settings.stop_seconds),
    )


class _Server(uvicorn.Server):
    """Leaves signals to the process, which has more to stop than a server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
