"""Who hears of captured payments? The merchant's server: it takes webhooks, and tells whoever waits for a payment.

Like the rest of the load it speaks as little HTTP as it can. Each message is read and answered; signatures are the business of
other tests.
"""

import asyncio
from typing import Self, cast

import msgspec

PATIENCE_SECONDS = 30.0
_DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_END_OF_HEAD = b"\r\n\r\n"


class _Told(msgspec.Struct, frozen=True):
    object_id: str


_READ = msgspec.json.Decoder(_Told)


class Receiver:
    """Tells who waits that a payment's event has arrived. One that arrived twice counts once."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self._early: set[str] = set()
        self.messages = 0

    @classmethod
    async def open(cls, port: int) -> Self:
        """Listen on a port of this machine."""
        receiver = cls()
        loop = asyncio.get_running_loop()
        receiver._server = await loop.create_server(lambda: _Line(receiver), "127.0.0.1", port)
        return receiver

    def hear(self, object_id: str) -> None:
        """Somebody's event is there."""
        self.messages += 1
        waiting = self._awaited.pop(object_id, None)
        if waiting is None:
            self._early.add(object_id)
        elif not waiting.done():
            waiting.set_result(None)

    async def wait_for(self, object_id: str) -> None:
        """Return once the event about this object is there."""
        if object_id in self._early:
            self._early.discard(object_id)
            return
        self._awaited[object_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._awaited[object_id]
        except TimeoutError:
            raise RuntimeError(f"nobody told of {object_id} within {PATIENCE_SECONDS:.0f} s") from None

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()


class _Line(asyncio.Protocol):
    """A kept-alive connection over which events come."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by duck typing only

    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            head, blank_line, rest = self._received.partition(_END_OF_HEAD)
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if not blank_line or len(rest) < length or self._transport is None:
                return
            self._received = rest[length:]
            self._transport.write(_DONE)
            self._receiver.hear(_READ.decode(rest[:length]).object_id)
