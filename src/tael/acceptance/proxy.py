"""What if an answer is late, cut, lost, or not the channel's at all? A proxy for one exchange, with real sockets.

The channel always gets the whole request and does its work; what goes wrong, goes wrong with the answer.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

from yarl import URL

from tael.acceptance.model import Fault

_RESET_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time to linger: closing sends RST instead of FIN."""
PAGE = b"<html><body>Welcome to free Wi-Fi!</body></html>"
_FOREIGN_PAGES = {
    Fault.FOREIGN_PAGE: b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\nconnection: close\r\n\r\n",
    Fault.GATEWAY_TIMEOUT: b"HTTP/1.1 504 Gateway Time-out\r\ncontent-type: text/html\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n",
}
LONGEST_EXCHANGE_SECONDS = 20


@contextlib.asynccontextmanager
async def spoiled(target: URL, fault: Fault) -> AsyncIterator[URL]:
    """An address that leads to `target`, and spoils what comes back; at the end the channel's work is done."""
    work_done, over = asyncio.Event(), asyncio.Event()
    under_way: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            under_way.add(task)
        try:
            async with asyncio.timeout(LONGEST_EXCHANGE_SECONDS):
                answer = await _forward(await _read_request(reader, target), target)
                work_done.set()
                if fault is Fault.DELAY:
                    await over.wait()
                await _spoil(answer, fault, writer)
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            work_done.set()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        yield target.with_scheme("http").with_host("127.0.0.1").with_port(port)
    finally:
        server.close()
        if under_way:
            await work_done.wait()
        over.set()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _spoil(answer: bytes, fault: Fault, writer: asyncio.StreamWriter) -> None:
    if fault is Fault.RESET_AFTER_REQUEST:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        writer.transport.abort()
        return
    if fault is Fault.TRUNCATED:
        head_end = answer.find(b"\r\n\r\n") + 4
        has_body = len(answer) > head_end
        answer = answer[: (head_end + len(answer)) // 2 if has_body else head_end // 2]
    if fault in _FOREIGN_PAGES:
        answer = _FOREIGN_PAGES[fault] % len(PAGE) + PAGE
    if fault is not Fault.LOST_REPLY:
        writer.write(answer)
        await writer.drain()


async def _read_request(reader: asyncio.StreamReader, target: URL) -> bytes:
    """The request as the target shall have it: to its own host, on a connection for this once."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *fields = head[:-4].split(b"\r\n")
    named = dict(field.lower().split(b":", 1) for field in fields)
    body = await reader.readexactly(int(named.get(b"content-length", b"0")))
    kept = [field for field in fields if not field.lower().startswith((b"connection:", b"host:"))]
    host = b"host: " + target.authority.encode()
    return b"\r\n".join([first, host, b"connection: close", *kept]) + b"\r\n\r\n" + body


async def _forward(request: bytes, target: URL) -> bytes:
    """The channel's whole answer: it closes the connection after it."""
    reader, writer = await asyncio.open_connection(target.host, target.port)
    try:
        writer.write(request)
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()
