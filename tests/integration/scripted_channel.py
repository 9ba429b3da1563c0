"""A channel whose answers are in its addresses, and a connector that does what a test says: also what a plug-in should not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import msgspec
from aiohttp import web

from tael.channels import store
from tael.channels.conversations import Signer
from tael.channels.model import CallSeen, Configuration, Exchange, ExchangeFilter
from tael.channels.port import (
    AmountRange,
    BaseConnector,
    Bill,
    BillWanted,
    Capabilities,
    Conversation,
    FeedPage,
    HttpRequest,
    InboundNotice,
    Notice,
    NoticeReply,
    Operation,
    Order,
    Outcome,
    Product,
    Request,
    Security,
)
from tael.channels.transport import Transport
from tael.channels.usecases.calls import Caller
from tael.channels.usecases.desks import Desk
from tael.channels.usecases.journal import Journal
from tael.channels.usecases.notices import Ear
from tael.foundation.clock import Clock, SystemClock
from tael.foundation.db import Database
from tael.foundation.money import Money
from tael.testing.loopback import serving

NAME = "scripted_main"
Converse = Callable[[Request], Conversation[Outcome]]


def nothing(*_: object) -> Conversation[Outcome]:
    """No test has said what to do."""
    raise NotImplementedError


class Scripted(BaseConnector):
    """Does what a test says."""

    def __init__(self) -> None:
        self.capabilities = Capabilities(
            method="scripted",
            operations=frozenset(Operation),
            products=frozenset({Product.CODE}),
            amounts={"CNY": AmountRange(1, 1_000)},
            security=Security(requests="none", answers="none", notices="none", notice_window_seconds=1),
        )
        self.conversation: Converse = nothing
        self.feed: Callable[[], Conversation[FeedPage]] = nothing  # type: ignore[assignment]
        self.bill: Callable[[], Conversation[Bill]] = nothing  # type: ignore[assignment]
        self.reading: Callable[[InboundNotice], Notice] = nothing  # type: ignore[assignment]
        self.reply: Callable[[], NoticeReply] = super().accept_notice

    def converse(self, request: Request, *, now: datetime) -> Conversation[Outcome]:
        """As the test says."""
        return self.conversation(request)

    def read_notice(self, inbound: InboundNotice, *, now: datetime) -> Notice:
        """As the test says."""
        return self.reading(inbound)

    def accept_notice(self) -> NoticeReply:
        """As the test says."""
        return self.reply()

    def refuse_notice(self, reason: str) -> NoticeReply:
        """As the test says."""
        return self.reply()

    def fetch_notices(self, cursor: str, *, now: datetime) -> Conversation[FeedPage]:
        """As the test says."""
        return self.feed()

    def fetch_bill(self, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
        """As the test says."""
        return self.bill()


class Scene(msgspec.Struct, kw_only=True):
    """Everybody."""

    url: str
    connector: Scripted
    desk: Desk
    caller: Caller
    ear: Ear
    journal: Journal
    database: Database
    seen: list[CallSeen]
    asked: list[str]
    """What the channel was asked, in order."""
    hangs: asyncio.Event

    def get(self, path: str) -> HttpRequest:
        """A message to the channel: `/say/…`, `/late/SECONDS`, `/drip`, `/hang`."""
        return HttpRequest(method="GET", url=f"{self.url}{path}")

    async def call(self, *, seconds: float = 5.0) -> Outcome:
        """Inquire about an order, as the test says."""
        return await self.caller.call(self.desk, a_request(), timeout_seconds=seconds)

    async def said(self, **wanted: object) -> list[Exchange]:
        """What the journal says, newest first."""
        await self.journal.write_all()
        async with self.database.transaction() as tx:
            return await store.list_exchanges(
                tx, msgspec.convert({"limit": 10_000, **wanted}, ExchangeFilter)
            )


def a_request() -> Request:
    """An inquiry about one order."""
    order = Order(
        order_number="att_1",
        amount=Money(100, "CNY"),
        subject="Tea",
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        notice_url="",
    )
    return Request(operation=Operation.INQUIRE, order=order)


def said_by_the_channel() -> tuple[web.Application, list[str], asyncio.Event]:
    """A channel that answers as its addresses say, what it was asked, and whether it hangs."""
    asked: list[str] = []
    hangs = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        asked.append(request.path)
        hangs.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def say(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=request.match_info["text"].encode() * int(request.query.get("times", "1")))

    async def late(request: web.Request) -> web.Response:
        asked.append(request.path)
        await asyncio.sleep(float(request.match_info["seconds"]))
        return web.Response(text="late")

    async def drip(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b".")
            await asyncio.sleep(0.05)
        return response

    app = web.Application()
    app.router.add_get("/say/{text}", say)
    app.router.add_get("/late/{seconds}", late)
    app.router.add_get("/drip", drip)
    app.router.add_get("/hang", hang)
    return app, asked, hangs


@contextlib.asynccontextmanager
async def opened(
    database: Database, *, clock: Clock | None = None, signer: Signer | None = None, turns: int = 1
) -> AsyncIterator[Scene]:
    """The channel, and whoever calls and hears it; `turns` calls at a time."""
    clock = clock or SystemClock()
    app, asked, hangs = said_by_the_channel()
    connector = Scripted()
    desk = Desk(
        configuration=Configuration(
            channel=NAME,
            connector="scripted",
            number=1,
            settings={},
            proposed_by="operator:test",
            approved_by="operator:test",
            active_from=clock.now(),
        ),
        connector=connector,
        simulated=True,
        signer=signer,
        turns=asyncio.Semaphore(turns),
    )
    transport, journal, seen = Transport(timeout_seconds=5), Journal(database, clock), list[CallSeen]()
    caller = Caller(transport, journal, clock)
    caller.observers.append(seen.append)
    async with serving(app, handler_cancellation=True, shutdown_timeout=0.1) as url:
        try:
            yield Scene(
                url=url,
                connector=connector,
                desk=desk,
                caller=caller,
                ear=Ear(caller, journal, clock),
                journal=journal,
                database=database,
                seen=seen,
                asked=asked,
                hangs=hangs,
            )
        finally:
            await transport.close()
