"""Is a connection used that the other side is about to end? Many servers hang up after five seconds without a message."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from tael.channels.transport import Wire
from tael.foundation.clock import monotonic_seconds
from tael.foundation.wire import HttpRequest
from tael.messages.transport.wire import open_session
from tael.vault.model import CardWanted, Message
from tael.vault.transport import Sender

Says = Callable[[str], Awaitable[int]]


class Listener:
    """A server that answers everything on connections that stay open."""

    def __init__(self) -> None:
        self.url = ""
        self.connections = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listening = Listener()
    server = await asyncio.start_server(listening.answer, "127.0.0.1", 0)
    listening.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield listening
    server.close()


@asynccontextmanager
async def to_a_channel() -> AsyncIterator[Says]:
    wire = Wire(timeout_seconds=5, connections=2)

    async def say(url: str) -> int:
        return (await wire.send(HttpRequest(method="POST", url=url))).status

    yield say
    await wire.close()


@asynccontextmanager
async def by_the_vault() -> AsyncIterator[Says]:
    sender = Sender()

    async def say(url: str) -> int:
        card = CardWanted(token="", number="")
        message = Message(method="POST", url=url, headers={}, body=b"", largest_answer=100, card=card)
        return (await sender.send(message, b"", timeout_seconds=5)).status

    yield say
    await sender.close()


@asynccontextmanager
async def to_a_gateway() -> AsyncIterator[Says]:
    async with open_session(5) as session:

        async def say(url: str) -> int:
            async with session.post(url) as response:
                return response.status

        yield say


@pytest.mark.parametrize("wire", [to_a_channel, by_the_vault, to_a_gateway])
async def test_a_connection_is_used_again_but_not_after_nearly_five_seconds(
    wire: Callable[[], AbstractAsyncContextManager[Says]], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire() as say:
        assert [await say(listener.url), await say(listener.url)] == [200, 200]
        assert listener.connections == 1
        monkeypatch.setattr("aiohttp.connector.monotonic", lambda: monotonic_seconds() + 4.7)
        assert await say(listener.url) == 200
        assert listener.connections == 2
