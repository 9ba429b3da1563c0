"""What if the channel's answer is late, lost, cut or forged? A proxy on the way to it that makes it so.

It speaks just enough HTTP/1.1 to know where one message ends. Each request is handled in the mode that is set
when it arrives. The modes are those of bar R3:

    async with FaultProxy("127.0.0.1", 8090) as proxy:
        proxy.mode = Mode.LOST_REPLY
        ...  # speak to proxy.url
        proxy.mode = cycle(FAULTS)  # the next request meets the next of them
"""

import asyncio
import contextlib
import re
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from typing import Self

_CONTENT_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d+)[ \t]*\r$")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:[ \t]*chunked[ \t]*\r$")
_KEEP_ALIVE = re.compile(rb"(?im)^connection:[ \t]*keep-alive[ \t]*\r\n")
_SIGNATURE = re.compile(
    rb'("sign"\s*:\s*"|(?i:^wechatpay-signature):[ \t]*|(?:^|&)signature=)([A-Za-z0-9+/])', re.MULTILINE
)
_GARBAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 45\r\nConnection: close\r\n\r\n"
    b"<html><body>Welcome to free Wi-Fi!</body>\x00\xff\n}"
)
_RESET_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST instead of FIN."""


class Mode(StrEnum):
    """What happens to a request and its reply."""

    PASS = "pass"  # noqa: S105 - not a password
    DELAY = "delay"
    """The work is done; the reply comes `delay_seconds` late."""
    LOST_REQUEST = "lost_request"
    """The request is read and never forwarded; the connection closes."""
    LOST_REPLY = "lost_reply"
    """The work is done; the connection closes without a reply."""
    RESET_BEFORE = "reset_before"
    """The connection is reset before the request is forwarded."""
    RESET_AFTER = "reset_after"
    """The work is done; the connection is reset."""
    TRUNCATED = "truncated"
    """The work is done; half of the reply comes."""
    GARBAGE = "garbage"
    """The work is done; a rubbish page comes with status 200."""
    WRONG_SIGNATURE = "wrong_signature"
    """The work is done; the reply's signature is off by one character."""


FAULTS = tuple(mode for mode in Mode if mode is not Mode.PASS)
"""The eight ways to go wrong."""


class FaultProxy:
    """A proxy on a free loopback port to one target."""

    def __init__(self, target_host: str, target_port: int, *, delay_seconds: float = 30.0) -> None:
        self.mode: Mode | Iterator[Mode] = Mode.PASS
        """What each request meets; of an iterator, which must not end, each the next."""
        self.delay_seconds = delay_seconds
        self.seen: Counter[Mode] = Counter()
        """How many requests came, by the mode that they met."""
        self.forwarded = 0
        """How many requests reached the target."""
        self._target = (target_host, target_port)
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The proxy's own address, without a path."""
        if self._server is None:
            raise RuntimeError("the proxy is not running")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1024)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)
        try:
            async for request in _messages(reader):
                if not await self._handle(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _handle(self, request: bytes, writer: asyncio.StreamWriter) -> bool:
        """One request in the present mode; False if the connection ends with it."""
        mode = self.mode if isinstance(self.mode, Mode) else next(self.mode)
        self.seen[mode] += 1
        if mode is Mode.LOST_REQUEST:
            return False
        if mode is Mode.RESET_BEFORE:
            _reset(writer)
            return False
        reply = await self._forward(request)
        match mode:
            case Mode.LOST_REPLY:
                return False
            case Mode.RESET_AFTER:
                _reset(writer)
                return False
            case Mode.DELAY:
                await asyncio.sleep(self.delay_seconds)
            case Mode.TRUNCATED:
                head_length = reply.index(b"\r\n\r\n") + 4
                reply = reply[: head_length + (len(reply) - head_length) // 2]
            case Mode.GARBAGE:
                reply = _GARBAGE
            case Mode.WRONG_SIGNATURE:
                reply = _SIGNATURE.sub(_other_character, reply, count=1)
            case Mode.PASS:
                pass
        writer.write(reply)
        await writer.drain()
        return mode in (Mode.PASS, Mode.DELAY, Mode.WRONG_SIGNATURE)

    async def _forward(self, request: bytes) -> bytes:
        """Send the request to the target on a connection of its own; gives the whole reply."""
        self.forwarded += 1
        reader, writer = await asyncio.open_connection(*self._target)
        try:
            writer.write(_KEEP_ALIVE.sub(b"", request))
            return await _read_message(reader)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The requests on one connection, one after another, until the client closes it."""
    while True:
        try:
            yield await _read_message(reader)
        except asyncio.IncompleteReadError:
            return


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """One whole HTTP message: head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _CONTENT_LENGTH.search(head)
    if length is not None:
        return head + await reader.readexactly(int(length[1]))
    if not _CHUNKED.search(head):
        return head
    chunks = [head]
    while True:
        size_line = await reader.readuntil(b"\r\n")
        chunk = await reader.readexactly(int(size_line.split(b";")[0], 16) + 2)
        chunks += [size_line, chunk]
        if int(size_line.split(b";")[0], 16) == 0:
            return b"".join(chunks)


def _other_character(match: re.Match[bytes]) -> bytes:
    return match[1] + (b"B" if match[2] == b"A" else b"A")


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST."""
    client = writer.get_extra_info("socket")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    writer.transport.abort()
