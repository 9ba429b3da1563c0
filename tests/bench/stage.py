"""What does the bench stand on? A durable database, servers, the simulator, a merchant: made from nothing, then removed."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec

from tael.app.house import House, open_house
from tael.app.roles import LISTENERS, SHARED
from tael.app.simulated import install_simulator
from tael.app.supervisor import DatabaseUrls, bring_up_to_date
from tael.foundation.clock import monotonic_seconds
from tael.foundation.config import Settings
from tael.foundation.ids import new_id
from tael.foundation.postgres import EmbeddedPostgres
from tael.merchants.api import WantedKey
from tael.merchants.model import FeeTerms, Limits, Price
from tael.testing.cluster import TOGETHER
from tael.testing.simulators import SimulatorControl
from tael.webhooks.api import CreateEndpoint

LANES: dict[str, str] = {}
"""The server as it comes."""
ORDINARY: dict[str, str] = {
    "TAEL_LANE_BATCH_LIMIT": "1",
    "TAEL_LANE_PARALLEL": "16",
    "TAEL_DATABASE_POOL_SIZE": "24",
}
"""The same server without group commit: each request has its own transaction, 16 of them at a time."""
SCOPES = ("payments.read", "payments.write", "checkout.read", "disputes.read", "customers.read")
"""What the merchant's key may do: what the bench asks for, and no more."""
FEES = FeeTerms(
    default=Price(rate_millionths=6_000),
    by_method={
        "alipay": Price(
            rate_millionths=5_500, limits={"CNY": Limits(fixed_minor=5, floor_minor=8, cap_minor=5_000)}
        )
    },
)
TOLD = ("payment.captured",)
"""The events that the merchant wants to hear of. All others are in the log of events as well."""
LOOPBACK = "127.0.0.0/8"
_ACTOR = "operator:bench"
_START_SECONDS = 30.0

Say = Callable[[str], None]


class Server(msgspec.Struct, frozen=True):
    """A running process with an address."""

    pid: int
    url: str


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything, running."""

    urls: DatabaseUrls
    postmaster_pid: int
    house: House
    lanes: Server
    """One process with every role."""
    second: Server
    """Another one beside it, for calls and notices."""
    ordinary: Server
    simulator: Server
    control: SimulatorControl
    secret: str
    merchant_id: str
    receiver_port: int
    """Where the merchant's server is told of events."""


@asynccontextmanager
async def set_stage(say: Say) -> AsyncIterator[Stage]:
    """Start everything below a folder of its own, and leave nothing behind."""
    async with AsyncExitStack() as stack:
        home = make_home()
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        postgres = EmbeddedPostgres(home / "postgres", on_step=lambda step: say(f"PostgreSQL: {step}"))
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        urls = DatabaseUrls(postgres.url("tael_app"), postgres.url("tael_owner"))
        await bring_up_to_date(urls, apply=True)
        say("schema: up to date")
        simulator = await stack.enter_async_context(_simulator(home / "alipay"))
        environment = _environment(home, urls)
        house = await stack.enter_async_context(
            open_house(Settings(home=home, webhook_networks=LOOPBACK), urls.application)
        )
        await install_simulator(house, "alipay", home / "alipay", simulator.url, by=_ACTOR)
        merchant = await house.merchants.register(name="Bench", fee_basis_points=60, actor=_ACTOR)
        await house.merchants.mirror(merchant, FEES)
        key = await house.merchant_keys.create(
            merchant.id,
            wanted=WantedKey(scopes=SCOPES, reads_per_second=100_000, changes_per_second=100_000),
            actor=_ACTOR,
        )
        receiver_port = free_port()
        await _subscribe(house, merchant.id, receiver_port)
        lanes = await stack.enter_async_context(_platform(environment | LANES, TOGETHER))
        second = await stack.enter_async_context(_platform(environment | LANES, SHARED))
        ordinary = await stack.enter_async_context(_platform(environment | ORDINARY, SHARED))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        say(f"servers: with lanes ({lanes.pid}, {second.pid} beside it), the ordinary way ({ordinary.pid})")
        yield Stage(
            urls=urls,
            postmaster_pid=postgres.pid or 0,
            house=house,
            lanes=lanes,
            second=second,
            ordinary=ordinary,
            simulator=simulator,
            control=SimulatorControl(simulator.url, session),
            secret=key.secret,
            merchant_id=merchant.id,
            receiver_port=receiver_port,
        )


async def _subscribe(house: House, merchant_id: str, port: int) -> None:
    endpoint = CreateEndpoint(
        endpoint_id=new_id("whe"), merchant_id=merchant_id, url=f"http://127.0.0.1:{port}/tael", events=TOLD
    )
    await house.webhooks.do(endpoint, actor=_ACTOR)


def make_home() -> Path:
    """A folder that the database's user can pass through when we are root."""
    home = Path(tempfile.mkdtemp(prefix="tael-bench-", dir="/var/tmp"))
    home.chmod(0o711)
    return home


def _environment(home: Path, urls: DatabaseUrls) -> dict[str, str]:
    return {
        "TAEL_HOME": str(home),
        "TAEL_DATABASE_URL": urls.application,
        "TAEL_DATABASE_OWNER_URL": urls.owner,
        "TAEL_LOG_LEVEL": "warning",
        "TAEL_WEBHOOK_NETWORKS": LOOPBACK,
    }


@asynccontextmanager
async def _platform(settings: Mapping[str, str], roles: Sequence[str]) -> AsyncIterator[Server]:
    """One process with these roles."""
    ports = {name: free_port() for name in LISTENERS}
    listening = {f"TAEL_{name.upper()}_LISTEN": f"127.0.0.1:{port}" for name, port in ports.items()}
    urls = {f"TAEL_{name.upper()}_URL": f"http://127.0.0.1:{ports[name]}" for name in ("public", "notices")}
    async with tael_process(
        ["run", "--here", "--child-of", str(os.getpid()), *roles], {**settings, **listening, **urls}
    ) as pid:
        await until_answering(ports["public"])
        yield Server(pid, urls["TAEL_PUBLIC_URL"])


@asynccontextmanager
async def _simulator(home: Path) -> AsyncIterator[Server]:
    port = free_port()
    listen = f"127.0.0.1:{port}"
    async with tael_process(["simulate", "alipay", "--listen", listen, "--home", str(home)], {}) as pid:
        await until_answering(port)
        yield Server(pid, f"http://{listen}")


@asynccontextmanager
async def tael_process(arguments: list[str], settings: Mapping[str, str]) -> AsyncIterator[int]:
    """`tael` with `arguments`, with these settings and no others."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TAEL_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tael.app.cli",
        *arguments,
        env=environment | dict(settings),
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process.pid
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def until_answering(port: int) -> None:
    """Wait until a process there answers: it takes connections a second or two before it can.

    Whatever is measured before that is its start.
    """
    deadline = monotonic_seconds() + _START_SECONDS
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/health"):
                    return
            except aiohttp.ClientError:
                if monotonic_seconds() > deadline:
                    raise
                await asyncio.sleep(0.05)
