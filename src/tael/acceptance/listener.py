"""Where do the channel's notices arrive? At a real address, where the connector reads them and says what to answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import msgspec
from aiohttp import web

from tael.channels.errors import NoticeRefused
from tael.channels.port import Connector, InboundNotice, Notice
from tael.foundation.clock import Clock

LARGEST_NOTICE_BYTES = 1_000_000
SHARED = "account"
"""The last part of the address for channels that send all notices to one."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that came, and what the connector made of it."""

    number: str
    """The order that the address belongs to, or `SHARED`."""
    inbound: InboundNotice
    notice: Notice | None
    refused: str = ""
    bug: str = ""
    """An exception that a connector may not raise."""


class Mailbox:
    """All letters of a run."""

    def __init__(self, connector: Connector, *, clock: Clock) -> None:
        self._connector = connector
        self._clock = clock
        self._letters: list[Letter] = []
        self._news = asyncio.Condition()
        self.url = ""

    def address_of(self, number: str) -> str:
        """Where notices about an order shall go."""
        return f"{self.url}/{number}"

    def letters_about(self, number: str) -> list[Letter]:
        """What came for an order, whether it was believed or not."""
        return [letter for letter in self._letters if _is_about(letter, number)]

    @property
    def bugs(self) -> list[str]:
        """What the connector raised that it may not, of all letters."""
        return [letter.bug for letter in self._letters if letter.bug]

    async def wait_for(
        self, number: str, when: Callable[[list[Letter]], bool], *, seconds: float
    ) -> list[Letter]:
        """The letters about an order, as soon as `when` they are enough; or those there are after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: when(self.letters_about(number)))
        return self.letters_about(number)

    def read(self, inbound: InboundNotice, *, number: str) -> Letter:
        """What the connector makes of a message."""
        try:
            notice = self._connector.read_notice(inbound, now=self._clock.now())
        except NoticeRefused as refusal:
            return Letter(number=number, inbound=inbound, notice=None, refused=refusal.message)
        except Exception as error:  # whatever else a connector raises is what the kit is looking for
            return Letter(number=number, inbound=inbound, notice=None, bug=f"{type(error).__name__}: {error}")
        return Letter(number=number, inbound=inbound, notice=notice)

    @contextlib.asynccontextmanager
    async def listening(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[None]:
        """Be there for the channel."""
        application = web.Application(client_max_size=LARGEST_NOTICE_BYTES)
        application.router.add_post("/notices/{number}", self._receive)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            self.url = f"http://{host}:{runner.addresses[0][1]}/notices"
            yield
        finally:
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        inbound = InboundNotice(
            headers={name.lower(): value for name, value in request.headers.items()},
            query=request.rel_url.raw_query_string,
            body=await request.read(),
        )
        letter = self.read(inbound, number=request.match_info["number"])
        async with self._news:
            self._letters.append(letter)
            self._news.notify_all()
        reply = (
            self._connector.accept_notice()
            if letter.notice is not None
            else self._connector.refuse_notice(letter.refused or letter.bug)
        )
        return web.Response(
            status=reply.status, body=reply.body, headers={"content-type": reply.content_type}
        )


def _is_about(letter: Letter, number: str) -> bool:
    if letter.number != SHARED:
        return letter.number == number
    outcome = letter.notice.outcome if letter.notice else None
    named = outcome is not None and number in (outcome.order_number, outcome.payout_number)
    return named or number.encode() in letter.inbound.body
