"""How does the load speak HTTP? As little as it can: every microsecond here is one that the platform does not get.

One connection, kept alive, one request at a time; answers are read by `Content-Length` and nothing else.
"""

import asyncio
from typing import Self, cast
from urllib.parse import urlsplit


class ConnectionEnded(Exception):
    """The other side closed the connection in the middle of an exchange."""


class Wire(asyncio.Protocol):
    """A kept-alive connection to one server."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._received = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the server of `url`."""
        authority = urlsplit(url).netloc
        host, _, port = authority.rpartition(":")
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(lambda: cls(authority), host, int(port))
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by duck typing only

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionEnded())

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank_line, rest = self._received.partition(b"\r\n\r\n")
        if not blank_line:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(rest) >= length and self._answer is not None:
            self._received = b""
            self._answer.set_result((int(head[9:12]), rest))

    async def post(self, path: str, body: bytes, headers: str = "") -> tuple[int, bytes]:
        """One exchange: the status and the body of the answer. `headers` ends with a line break if it is not empty."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"{headers}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
