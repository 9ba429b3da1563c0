"""How is the simulator served? By uvicorn, in one process, until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tael.foundation.clock import Clock, SystemClock
from tael.foundation.errors import Unavailable
from tael.simulators.alipay.app import CONNECTION, GATEWAY, Application
from tael.simulators.alipay.cashier import Cashier
from tael.simulators.alipay.control import Control
from tael.simulators.alipay.faults import Faults
from tael.simulators.alipay.gateway import Gateway
from tael.simulators.alipay.journal import Journal
from tael.simulators.alipay.keys import Seal, SimulatorKeys
from tael.simulators.alipay.notices import Postman
from tael.simulators.alipay.pages import Pages
from tael.simulators.alipay.trades import TradeBook

STOP_WITHIN_SECONDS = 3


class SimulatorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the simulator listens and how it behaves."""

    keys: SimulatorKeys
    host: str = "127.0.0.1"
    port: int = 8090
    """0 takes any free port."""
    public_url: str | None = None
    """The address that codes lead to, if browsers reach it under another name than we listen on."""
    speed: float = 1.0
    """How many times faster than Alipay undelivered notices are repeated."""
    state_file: Path | None = None
    """Where trades and notices survive a crash; None keeps them in memory only."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A simulator that answers."""

    url: str
    gateway_url: str


class Simulator:
    """Everything put together: an application to serve, and notices to deliver meanwhile."""

    def __init__(self, settings: SimulatorSettings, *, public_url: str, clock: Clock) -> None:
        self._journal = journal = Journal(settings.state_file)
        keys, seal, faults = settings.keys, Seal(settings.keys), Faults()
        book = TradeBook(clock, journal.keep_trade, journal.trades.values())
        self._postman = postman = Postman(
            clock=clock,
            speed=settings.speed,
            seal=seal,
            faults=faults,
            keep=journal.keep_notice,
            notices=journal.notices.values(),
        )
        self._cashier = cashier = Cashier(book=book, postman=postman, faults=faults, keys=keys)
        self.app = Application(
            gateway=Gateway(
                keys=keys,
                seal=seal,
                book=book,
                postman=postman,
                faults=faults,
                url_of_code=lambda code: f"{public_url}/pay/{code}",
            ),
            control=Control(book=book, cashier=cashier, postman=postman, faults=faults),
            pages=Pages(book=book, cashier=cashier, postman=postman, faults=faults, clock=clock),
        )

    @contextlib.asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """Deliver notices until the block ends, first those that an earlier life did not."""
        self._cashier.tell_what_was_missed()
        task = asyncio.create_task(self._postman.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._journal.end()


@contextlib.asynccontextmanager
async def serving(settings: SimulatorSettings, *, clock: Clock | None = None) -> AsyncIterator[Running]:
    """Serve in the running event loop until the block ends; answers are taken as soon as it begins."""
    listener = _listen(settings.host, settings.port)
    url = f"http://{settings.host}:{listener.getsockname()[1]}"
    simulator = Simulator(settings, public_url=settings.public_url or url, clock=clock or SystemClock())
    config = uvicorn.Config(
        simulator.app,
        http=_DroppableProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
        server_header=False,
    )
    server = _Server(config)
    async with simulator.delivering():
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                if task.done():
                    await task
                    raise RuntimeError("the simulator did not start")
                await asyncio.sleep(0.005)
            yield Running(url=url, gateway_url=url + GATEWAY)
        finally:
            server.should_exit = True
            await task


async def serve(settings: SimulatorSettings) -> None:
    """Serve until SIGTERM or SIGINT; what is being answered is finished first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(settings):
        await stop.wait()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise Unavailable(
            f"The simulator cannot listen on {host}:{port}: {error.strerror}.",
            hint="Give it another --listen.",
        ) from error
    listener.setblocking(False)
    return listener


class _Server(uvicorn.Server):
    """Leaves the process's signals alone: whoever serves decides what they mean."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


class _DroppableProtocol(HttpToolsProtocol):
    """Lets the application end a connection without an answer, as a failing network does."""

    def on_message_begin(self) -> None:
        """Hand the application the means to abort."""
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"abort": self.transport.abort}}
