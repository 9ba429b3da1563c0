"""A channel that gives back whatever it is sent, the card as well: what must never reach the platform."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from tael.channels.port import CardOfVault, HttpRequest, HttpResponse
from tael.channels.transport import Transport
from tael.testing.loopback import serving
from tael.testing.vaults import RunningVault


class Echo(msgspec.Struct, kw_only=True):
    """Where it is, and what it has heard."""

    url: str
    heard: list[dict[str, Any]] = []

    async def ask(self, vault: RunningVault, token: str, *, number: str) -> HttpResponse:
        """What comes back through the vault."""
        transport = Transport(timeout_seconds=5, vault=vault.door)
        body = {
            "number": "{{card:number}}",
            "cvc": "{{card:security_code}}",
            "year": "{{card:exp_year}}",
            "cryptogram": "{{card:cryptogram}}",
            "note": "{{not a card}}",
        }
        try:
            return await transport.of("echo").send(
                HttpRequest(
                    method="POST",
                    url=f"{self.url}/charge",
                    headers={"content-type": "application/json"},
                    body=msgspec.json.encode(body),
                    card=CardOfVault(token=token, number=number),
                )
            )
        finally:
            await transport.close()


@asynccontextmanager
async def echoing() -> AsyncIterator[Echo]:
    """It, until the block ends."""
    echo = Echo(url="")

    async def answer(request: web.Request) -> web.Response:
        heard = await request.json()
        echo.heard.append(heard)
        spaced = " ".join(heard["number"][place : place + 4] for place in range(0, 16, 4))
        return web.json_response({"you_said": heard, "spaced": spaced}, headers={"x-card": heard["number"]})

    app = web.Application()
    app.router.add_post("/charge", answer)
    async with serving(app) as echo.url:
        yield echo
