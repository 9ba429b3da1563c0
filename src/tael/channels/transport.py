"""How do bytes travel to a channel and back? One HTTP call, with a limit on time and on size.

Redirects are not followed, and nothing is sent twice: whether to ask again is decided by who knows what the
first message may have done. Every channel has connections of its own, so that a slow one takes none from the others.

A message with placeholders for a card goes to our vault, which fills them in, sends it and says what came back.
A message to a *door* stays in this process: a context of ours answers it as a channel would.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from types import MappingProxyType

import aiohttp
import msgspec
from yarl import URL

from tael.channels.errors import NoAnswer, NotSent
from tael.channels.port import HttpRequest, HttpResponse
from tael.foundation.errors import Refusal
from tael.foundation.vouching import HEADER, Voucher
from tael.foundation.wire import KEPT_OPEN_SECONDS

__all__ = ["Door", "NoAnswer", "Transport", "VaultDoor", "Wire"]

_FORWARDING = "/forward"
_SENT_AT_ONCE = 2**20
"""Bytes."""
_LONGER_THAN_THE_CHANNEL_SECONDS = 1.0
"""How much longer than the channel the vault may take: what it knows is worth more than our own impatience."""


class VaultDoor(msgspec.Struct, frozen=True):
    """Where messages about cards of our vault go, and what proves to it that we are of the same house."""

    url: str
    voucher: Voucher


Door = Callable[[HttpRequest], Awaitable[HttpResponse]]
"""Somebody of this process who answers as a channel would. If it raises, nobody knows what it has done."""


class _Answered(msgspec.Struct, frozen=True):
    """What the vault heard from the channel: a whole answer, why there is none, or why it sent nothing."""

    response: HttpResponse | None = None
    no_answer: str = ""
    not_sent: str = ""


class Wire:
    """Connections to one channel, kept open between calls."""

    def __init__(
        self,
        *,
        timeout_seconds: float,
        connections: int,
        channel: str = "",
        vault: VaultDoor | None = None,
        doors: Mapping[str, Door] = MappingProxyType({}),
    ) -> None:
        self._doors = doors
        self._timeout_seconds = timeout_seconds
        self._connections = connections
        self._channel = channel
        self._vault = vault
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest, *, timeout_seconds: float | None = None) -> HttpResponse:
        """One exchange; raises `NoAnswer` for everything that is not a whole answer."""
        seconds = min(timeout_seconds or self._timeout_seconds, self._timeout_seconds)
        door = self._doors.get(request.url.partition("/")[0])
        if door is not None:
            return await _through(door, request, seconds)
        if request.card is not None:
            return await self._send_by_the_vault(request, seconds)
        return await self._send(request, seconds)

    async def _send_by_the_vault(self, request: HttpRequest, seconds: float) -> HttpResponse:
        if self._vault is None:
            raise NotSent("the card lies in a vault, and none is set up here")
        body = msgspec.json.encode({"channel": self._channel, "request": request, "timeout_seconds": seconds})
        try:
            asked = self._vault.voucher.vouch(_FORWARDING, body)
            answer = await self._send(
                HttpRequest(
                    method="POST",
                    url=self._vault.url + _FORWARDING,
                    headers={HEADER: str(asked), "content-type": "application/json"},
                    body=body,
                    largest_answer=2 * request.largest_answer + 10_000,
                ),
                seconds + _LONGER_THAN_THE_CHANNEL_SECONDS,
            )
            if answer.status != 200:
                raise NoAnswer(f"the vault did not send it: {_reason(answer)}")
            self._vault.voucher.check_answer(asked, answer.headers.get(HEADER, ""), _FORWARDING, answer.body)
        except Refusal as refusal:
            raise NoAnswer(f"the vault cannot be believed: {refusal.message}") from refusal
        except NoAnswer as error:
            if isinstance(error.__cause__, aiohttp.ClientConnectorError):
                raise NotSent("the vault is not there") from error
            raise
        heard = msgspec.json.decode(answer.body, type=_Answered)
        if heard.response is None:
            raise NotSent(heard.not_sent) if heard.not_sent else NoAnswer(heard.no_answer)
        return heard.response

    async def _send(self, request: HttpRequest, seconds: float) -> HttpResponse:
        timeout = aiohttp.ClientTimeout(total=seconds)
        most = request.largest_answer
        try:
            async with self._open().request(
                request.method,
                URL(request.url, encoded=True),
                data=_as_data(request.body),
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
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEPT_OPEN_SECONDS),
                auto_decompress=True,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
            )
            self._session._retry_connection = False  # noqa: SLF001 - it would send GET and PUT once more by itself
        return self._session


class Transport:
    """The wires to all channels."""

    def __init__(
        self, *, timeout_seconds: float, connections: int = 64, vault: VaultDoor | None = None
    ) -> None:
        """`connections` to each channel at most; `vault` sends what is about cards."""
        self._doors: dict[str, Door] = {}
        self._timeout_seconds = timeout_seconds
        self._connections = connections
        self._vault = vault
        self._wires: dict[str, Wire] = {}

    def of(self, channel: str) -> Wire:
        """The wire to one channel."""
        if channel not in self._wires:
            self._wires[channel] = Wire(
                timeout_seconds=self._timeout_seconds,
                connections=self._connections,
                channel=channel,
                vault=self._vault,
                doors=self._doors,
            )
        return self._wires[channel]

    def open_door(self, name: str, door: Door) -> None:
        """Let somebody of this process answer messages whose address begins with `name` and a slash."""
        self._doors[name] = door

    async def close(self) -> None:
        """Close every connection."""
        for wire in self._wires.values():
            await wire.close()
        self._wires.clear()


async def _through(door: Door, request: HttpRequest, seconds: float) -> HttpResponse:
    """What a door of this process answers; raises `NoAnswer`. What it was doing may still be done."""
    try:
        async with asyncio.timeout(seconds):
            return await door(request)
    except TimeoutError as error:
        raise NoAnswer("no answer in time") from error
    except Refusal as refusal:
        raise NoAnswer(f"the door gave no answer: {refusal.message}") from refusal


def _reason(answer: HttpResponse) -> str:
    """What a refusal of the vault says, for the journal."""
    try:
        return str(msgspec.json.decode(answer.body)["detail"])[:200]
    except (msgspec.MsgspecError, KeyError, TypeError):
        return f"status {answer.status}"


def _as_data(body: bytes) -> bytes | BytesIO | None:
    """A body as aiohttp wants it: a long one in parts, between which others have their turn."""
    return BytesIO(body) if len(body) > _SENT_AT_ONCE else body or None
