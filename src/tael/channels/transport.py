"""How do bytes travel to a channel and back? One HTTP call, with a limit on time and on size.

Redirects are not followed, and nothing is sent twice: whether to ask again is decided by who knows what the
first message may have done. Every channel has connections of its own, so that a slow one takes none from the others.
"""

import aiohttp
from yarl import URL

from tael.channels.errors import NoAnswer
from tael.channels.port import HttpRequest, HttpResponse

__all__ = ["NoAnswer", "Transport", "Wire"]


class Wire:
    """Connections to one channel, kept open between calls."""

    def __init__(self, *, timeout_seconds: float, connections: int) -> None:
        self._timeout_seconds = timeout_seconds
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """One exchange; raises `NoAnswer` for everything that is not a whole answer."""
        timeout = aiohttp.ClientTimeout(
            total=min(timeout_seconds or self._timeout_seconds, self._timeout_seconds)
        )
        most = request.largest_answer
        try:
            async with self._open().request(
                request.method,
                URL(request.url, encoded=True),
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                body = bytearray()
                while len(body) <= most and not response.content.at_eof():
                    body += await response.content.read(most + 1 - len(body))
                if len(body) > most:
                    raise NoAnswer(f"the answer is longer than {most} bytes")
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpResponse(status=response.status, headers=headers, body=bytes(body))
        except TimeoutError as error:
            raise NoAnswer("no answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"the connection failed: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=30),
                auto_decompress=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
            )
            self._session._retry_connection = False  # noqa: SLF001 - it would send GET and PUT once more by itself
        return self._session


class Transport:
    """The wires to all channels."""

    def __init__(self, *, timeout_seconds: float, connections: int = 64) -> None:
        """`connections` to each channel at most."""
        self._timeout_seconds = timeout_seconds
        self._connections = connections
        self._wires: dict[str, Wire] = {}

    def of(self, channel: str) -> Wire:
        """The wire to one channel."""
        if channel not in self._wires:
            self._wires[channel] = Wire(timeout_seconds=self._timeout_seconds, connections=self._connections)
        return self._wires[channel]

    async def close(self) -> None:
        """Close every connection."""
        for wire in self._wires.values():
            await wire.close()
        self._wires.clear()
