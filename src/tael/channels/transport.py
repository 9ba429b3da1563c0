"""How do bytes travel to a channel and back? One HTTP call, with a limit on time and on size.

Redirects are not followed, and nothing is sent twice: whether to ask again is decided by who knows what the
first message may have done.
"""

import aiohttp
from yarl import URL

from tael.channels.port import HttpRequest, HttpResponse

ANSWER_LIMIT_BYTES = 1_000_000


class NoAnswer(Exception):
    """The channel did not answer, or not in full: what it did is not known."""


class Transport:
    """Connections to channels, kept open between calls."""

    def __init__(self, *, timeout_seconds: float, connections: int = 256) -> None:
        self._timeout_seconds = timeout_seconds
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """One exchange; raises `NoAnswer` for everything that is not a whole answer."""
        timeout = aiohttp.ClientTimeout(
            total=min(timeout_seconds or self._timeout_seconds, self._timeout_seconds)
        )
        try:
            async with self._open().request(
                request.method,
                URL(request.url, encoded=True),
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                timeout=timeout,
            ) as response:
                body = await response.content.read(ANSWER_LIMIT_BYTES + 1)
                while len(body) <= ANSWER_LIMIT_BYTES and not response.content.at_eof():
                    body += await response.content.read(ANSWER_LIMIT_BYTES + 1 - len(body))
                if len(body) > ANSWER_LIMIT_BYTES:
                    raise NoAnswer(f"the answer is longer than {ANSWER_LIMIT_BYTES} bytes")
                return HttpResponse(status=response.status, headers=dict(response.headers), body=body)
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
        return self._session
