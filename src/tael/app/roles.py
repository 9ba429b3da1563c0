"""What does a process do? One or more of six roles, in one event loop, until it is told to stop.

public    the API and the checkout pages
notices   what channels send by themselves
internal  metrics and health
worker    runs jobs
courier   carries facts to their subscribers
clock     puts jobs on their schedule

A graceful stop takes no new connections, finishes the requests and the lanes, then the jobs and the courier's batch.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import structlog
import uvicorn
from litestar.types import ASGIApp

from tael.app.house import House, open_house
from tael.app.listeners import LISTENERS, address_of, make_listener, open_socket
from tael.foundation.config import Settings

log = structlog.get_logger("tael.roles")

ROLES = (*LISTENERS, "worker", "courier", "clock")
_NOTE_USES_SECONDS = 10.0
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
    async with open_house(settings, database_url, application=f"tael {'+'.join(roles)}") as house:
        await serve_roles(house, roles, sockets, stop)
    if orphaned is not None:
        orphaned.cancel()


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
    background = await _start_background(house, roles)
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
        "public": lambda: _note_uses(house),
    }
    if {"worker", "clock"} & set(roles):
        await house.jobs.open()
    return [asyncio.create_task(starts[role](), name=role) for role in roles if role in starts]


async def _note_uses(house: House) -> None:
    """Write down now and then which API keys were used."""
    while True:
        await asyncio.sleep(_NOTE_USES_SECONDS)
        try:
            await house.merchants.note_uses()
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

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
