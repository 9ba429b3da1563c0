"""How does a test get a vault? Its pages and its door on free ports, in this process, as its own database role."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import msgspec

from tael.app.addresses import open_socket
from tael.app.supervisor import DatabaseUrls
from tael.app.vault_process import open_vault, serve_opened
from tael.channels.transport import VaultDoor
from tael.foundation.clock import Clock, SystemClock
from tael.foundation.config import Settings
from tael.foundation.vouching import Voucher
from tael.testing.loopback import port_of
from tael.vault.api import Vault, VaultClient

MERCHANT = "mer_06dk3vg5m8x4t9c1h2zq7n0rby"


class RunningVault(msgspec.Struct, frozen=True, kw_only=True):
    """A vault that answers."""

    vault: Vault
    test_vault: Vault | None
    """That of test mode beside it, if there is one."""
    client: VaultClient
    door: VaultDoor
    settings: Settings
    url: str
    session: aiohttp.ClientSession

    def ticket(self, *, merchant_id: str = MERCHANT, origin: str = "", return_url: str = "") -> str:
        """What a page with card fields is opened with."""
        address = self.client.fields_address(merchant_id=merchant_id, origin=origin, return_url=return_url)
        return parse_qs(urlsplit(address).query)["ticket"][0]

    async def tokenise(
        self, number: str, *, merchant_id: str = MERCHANT, security_code: str = "737", **more: Any
    ) -> Any:
        """A token for a card, as the page's script asks for it."""
        body = {
            "ticket": self.ticket(merchant_id=merchant_id),
            "number": number,
            "exp_month": 12,
            "exp_year": 2034,
            "security_code": security_code,
        }
        async with self.session.post(f"{self.url}/v1/tokens", json=body | more) as response:
            said = await response.json()
            assert response.status == 201, said
            return said


@asynccontextmanager
async def running_vault(
    urls: DatabaseUrls,
    home: Path,
    *,
    clock: Clock | None = None,
    beside: DatabaseUrls | None = None,
    **settings: Any,
) -> AsyncIterator[RunningVault]:
    """A vault until the block ends. `home` is that of the platform that it belongs to; `beside` the database of test mode."""
    clock = clock or SystemClock()
    sockets = [open_socket("127.0.0.1", 0) for _ in range(2)]
    pages, door = (f"http://127.0.0.1:{port_of(each)}" for each in sockets)
    chosen = Settings(
        home=home, vault_url=pages, vault_door_url=door, stop_seconds=5.0, log_level="error", **settings
    )
    voucher = Voucher(chosen.vault_key_file, clock, mode=chosen.mode)
    client = VaultClient(voucher, clock, door_url=door, public_url=pages)
    stop = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(open_vault(chosen, urls.vault or "", clock=clock))]
        if beside is not None:
            of_test = open_vault(chosen.of_test_mode(), beside.vault or "", clock=clock)
            opened.append(await stack.enter_async_context(of_test))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        serving = asyncio.create_task(serve_opened(chosen, opened, sockets, stop))
        try:
            yield RunningVault(
                vault=opened[0][0],
                test_vault=opened[1][0] if beside is not None else None,
                client=client,
                door=VaultDoor(door, voucher),
                settings=chosen,
                url=pages,
                session=session,
            )
        finally:
            stop.set()
            await client.close()
            await serving
