"""What does the vault's process do? It serves pages with card fields to payers, and its door to the platform's processes.

It opens no house and knows no other database role than its own; nothing that it holds is in its arguments, its environment
or a dump of its memory. With test mode there are two vaults in it, each with a database, keys and a folder of its own.
"""

import asyncio
import ctypes
import resource
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from litestar.types import ASGIApp

from tael.app.addresses import address_of, open_socket
from tael.app.modes import TwoHouses
from tael.app.roles import DOOR, VAULT
from tael.app.serving import server_of
from tael.app.stand_in_places import BY, card_keys, other_stand_ins, stand_ins
from tael.app.verifying import wire_of
from tael.foundation.clock import Clock, SystemClock
from tael.foundation.config import ConfigurationRefused, Settings
from tael.foundation.db import CommitUnknown, Database
from tael.foundation.errors import Unavailable
from tael.foundation.http.app import make_app
from tael.foundation.http.strangers import Strangers
from tael.foundation.telemetry import set_up_logging
from tael.foundation.vouching import Voucher
from tael.vault.api import Vault, is_of_this_machine, key_name
from tael.vault.http import door_routes
from tael.verification.model import SourceName
from tael.web.hosted.routes import HOSTED_ASSETS, hosted_problem, hosted_routes
from tael.web.ui.routes import asset_routes

log = structlog.get_logger("tael.vault")

VAULT_ROLE = "tael_vault"
"""In the database."""
FORGET_SECONDS = 60.0
_PR_SET_DUMPABLE = 4
_POOL = 8


@asynccontextmanager
async def open_vault(
    settings: Settings, database_url: str, *, clock: Clock | None = None
) -> AsyncIterator[tuple[Vault, ASGIApp, ASGIApp]]:
    """A vault with its keys in hand, the application for payers, and that behind the door."""
    clock = clock or SystemClock()
    voucher = Voucher(settings.vault_key_file, clock, mode=settings.mode)
    database = Database(database_url, pool_size=_POOL, application="tael vault", role=VAULT_ROLE)
    await database.open()
    vault = Vault(database, clock, keys_folder=settings.vault_home / "keys", voucher=voucher)
    try:
        await vault.start()
        limit = settings.body_limit_bytes
        pages = make_app(
            [*hosted_routes(vault, Strangers(database, clock, settings)), *asset_routes(HOSTED_ASSETS)],
            body_limit_bytes=limit,
            page=hosted_problem,
            https=settings.vault_url.startswith("https:"),
        )
        # A message comes as base64 within JSON.
        yield vault, pages, make_app(door_routes(vault, voucher), body_limit_bytes=2 * limit)
    finally:
        await vault.close()
        await database.close()


async def serve_vault(settings: Settings, stop: asyncio.Event) -> None:
    """Do the vault's work until `stop`."""
    if settings.vault_database_url is None:
        raise ConfigurationRefused(
            "The vault does not know its database.",
            hint="Set TAEL_VAULT_DATABASE_URL to the database as a role of the vault's own.",
        )
    leave_no_trace()
    folder = settings.vault_home / "log"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    set_up_logging(settings.log_level, settings.log_format, file=folder / "vault.log")
    sockets = [open_socket(*address_of(settings, listener)) for listener in (VAULT, DOOR)]
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(open_vault(settings, settings.vault_database_url))]
        if settings.test_mode and settings.vault_test_database_url is not None:
            beside = open_vault(settings.of_test_mode(), settings.vault_test_database_url)
            opened.append(await stack.enter_async_context(beside))
            await _let_cards_go_to_stand_ins(opened[1][0], settings)
        await serve_opened(settings, opened, sockets, stop)


async def serve_opened(
    settings: Settings,
    opened: Sequence[tuple[Vault, ASGIApp, ASGIApp]],
    sockets: Sequence[socket.socket],
    stop: asyncio.Event,
) -> None:
    """Serve the pages and the door of a vault, and of that of test mode beside it."""
    _, pages, door = opened[0]
    if len(opened) > 1:
        _, test_pages, test_door = opened[1]
        pages, door = TwoHouses(pages, test_pages), TwoHouses(door, test_door)
    servers = [server_of(app, settings) for app in (pages, door)]
    serving = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, listener in zip(servers, sockets, strict=True)
    ]
    forgetting = [asyncio.create_task(_keep_forgetting(vault)) for vault, _, _ in opened]
    log.info("started", roles=[VAULT])
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *serving], return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)
    for task in (*forgetting, stopping):
        task.cancel()
    await asyncio.gather(*forgetting, return_exceptions=True)


async def _let_cards_go_to_stand_ins(vault: Vault, settings: Settings) -> None:
    """The vault of test mode sends its cards, which are nobody's, to what stands in for channels on this machine."""
    known = {(each.channel, each.origin) for each in await vault.destinations()}
    for channel, stand_in in stand_ins(settings).items():
        if (channel, stand_in.url) not in known and is_of_this_machine(stand_in.url):
            await vault.allow(channel, stand_in.url, actor=BY)
    for channel, key in card_keys(settings).items():
        here = is_of_this_machine(stand_ins(settings)[channel].url)
        if here and (channel, key_name(key)) not in known:
            await vault.allow_key(channel, key, actor=BY)
    banks = wire_of(SourceName.BANK_CARD), other_stand_ins(settings)["verification"].url
    if banks not in known and is_of_this_machine(banks[1]):
        await vault.allow(*banks, actor=BY)


async def _keep_forgetting(vault: Vault) -> None:
    """Forget again and again what nobody kept."""
    while True:
        try:
            await vault.forget_expired()
        except (Unavailable, CommitUnknown) as error:
            log.warning("forgetting_interrupted", reason=str(error))
        await asyncio.sleep(FORGET_SECONDS)


def leave_no_trace() -> None:
    """No core file, and no other process of the same user may look into this one's memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
