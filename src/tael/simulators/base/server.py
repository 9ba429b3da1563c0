"""How is a simulator served? By uvicorn, in one process, until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tael.foundation.clock import Clock, SystemClock
from tael.foundation.errors import Unavailable
from tael.simulators.base.app import CONNECTION, Application
from tael.simulators.base.channel import SimulatedChannel, Stage
from tael.simulators.base.control import Control
from tael.simulators.base.faults import Faults
from tael.simulators.base.habits import Payers
from tael.simulators.base.journal import Journal
from tael.simulators.base.keys import prepare_folder
from tael.simulators.base.pages import Pages

STOP_WITHIN_SECONDS = 3
Opens = Callable[[Stage], SimulatedChannel]


class SimulatorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where a simulator lives and how it behaves."""

    home: Path
    """The folder of its keys, and of its record of what was paid."""
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    speed: float = 1.0
    """How many times faster than the real one it repeats notices."""
    public_url: str = ""
    """The address that codes lead to, if browsers reach it under another name than we listen on."""
    remembers: bool = True
    """Whether what it knows survives its end, in `home/state.jsonl`."""
    habits: bool = False
    """Whether some amounts are paid, or declined, without anybody at the payer's page (`habits`)."""


@contextlib.asynccontextmanager
async def serving(
    opens: Opens, options: SimulatorOptions, *, clock: Clock | None = None
) -> AsyncIterator[str]:
    """Serve in the running event loop until the block ends; gives the address, which answers at once."""
    prepare_folder(options.home)
    listener = _listen(options.host, options.port)
    url = f"http://{options.host}:{listener.getsockname()[1]}"
    journal, faults = Journal(options.home / "state.jsonl" if options.remembers else None), Faults()
    stage = Stage(
        home=options.home,
        url=options.public_url or url,
        speed=options.speed,
        clock=clock or SystemClock(),
        faults=faults,
        journal=journal,
    )
    channel = opens(stage)
    app = Application(
        channel=channel,
        control=Control(channel, faults),
        pages=Pages(channel, faults=faults, clock=stage.clock),
        faults=faults,
    )
    try:
        async with _delivering(channel), _answering(app, listener), _living(channel, faults, options):
            yield url
    finally:
        channel.close()
        journal.end()


async def serve(opens: Opens, options: SimulatorOptions) -> None:
    """Serve until SIGTERM or SIGINT; what is being answered is finished first."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(opens, options):
        await stop.wait()


@contextlib.asynccontextmanager
async def _living(
    channel: SimulatedChannel, faults: Faults, options: SimulatorOptions
) -> AsyncIterator[None]:
    """Let payers with habits follow them until the block ends."""
    if not options.habits:
        yield
        return
    task = asyncio.create_task(Payers(channel, faults).live())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def _delivering(channel: SimulatedChannel) -> AsyncIterator[None]:
    """Deliver notices until the block ends, first those that an earlier life did not."""
    channel.wake_up()
    if channel.postman is None:
        yield
        return
    task = asyncio.create_task(channel.postman.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def _answering(app: Application, listener: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app,
        http=_DroppableProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_keep_alive=75,  # as nginx, before the real ones
        timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
        server_header=False,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise RuntimeError("the simulator did not start")
            await asyncio.sleep(0.005)
        yield
    finally:
        server.should_exit = True
        await task


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise Unavailable(
            f"The simulator cannot listen on {host}:{port}: {error.strerror}.",
            hint="Give it another --listen.",
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
