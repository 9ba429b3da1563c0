"""How does a test play somebody whom the platform calls? With an application of its own on a free loopback port."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


def port_of(sock: socket.socket) -> int:
    """The port that a socket is bound to."""
    port: int = sock.getsockname()[1]
    return port


@asynccontextmanager
async def serving(app: web.Application, **how: Any) -> AsyncIterator[str]:
    """Serve it until the block ends; gives its address. `how` is of aiohttp's runner."""
    runner = web.AppRunner(app, **how)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
