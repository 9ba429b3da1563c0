"""How does a message with a card in it get to a channel? One HTTP call, sent once, with a limit on time and on size."""

import aiohttp
from yarl import URL

from tael.foundation.wire import KEPT_OPEN_SECONDS
from tael.vault.model import ChannelAnswer, Message


class NoAnswer(Exception):
    """No whole answer came: what the message did is not known."""


class Sender:
    """Connections to channels, kept open between messages."""

    def __init__(self, *, connections: int = 64) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message, body: bytes, *, timeout_seconds: float) -> ChannelAnswer:
        """One exchange; raises `NoAnswer` for everything that is not a whole answer."""
        most = message.largest_answer
        try:
            async with self._open().request(
                message.method,
                URL(message.url, encoded=True),
                data=body,
                headers=message.headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            ) as response:
                content = bytearray()
                while len(content) <= most and not response.content.at_eof():
                    content += await response.content.read(most + 1 - len(content))
                if len(content) > most:
                    raise NoAnswer(f"the answer is longer than {most} bytes")
                headers = {name.lower(): value for name, value in response.headers.items()}
                return ChannelAnswer(status=response.status, headers=headers, body=bytes(content))
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
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEPT_OPEN_SECONDS),
                auto_decompress=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
            )
            self._session._retry_connection = False  # noqa: SLF001 - it would send GET and PUT once more by itself
        return self._session
