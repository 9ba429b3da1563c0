"""What does the bench stand on? A durable database, servers, the simulator, a merchant: made from nothing, then removed."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec

from tael.app.house import House, open_house
from tael.app.listeners import LISTENERS
from tael.app.simulated import install_simulator
from tael.app.supervisor import DatabaseUrls, bring_up_to_date
from tael.foundation.clock import monotonic_seconds
from tael.foundation.config import Settings
from tael.foundation.postgres import EmbeddedPostgres
from tael.merchants.api import WantedKey
from tael.testing.cluster import TOGETHER
from tael.testing.simulators import SimulatorControl

LANES: dict[str, str] = {}
"""The server as it comes."""
ORDINARY: dict[str, str] = {
    "TAEL_LANE_BATCH_LIMIT": "1",
    "TAEL_LANE_PARALLEL": "16",
    "TAEL_DATABASE_POOL_SIZE": "24",
}
"""The same server without group commit: each request has its own transaction, 16 of them at a time."""
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
    ordinary: Server
    simulator: Server
    control: SimulatorControl
    secret: str
    merchant_id: str


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
        house = await stack.enter_async_context(open_house(Settings(home=home), urls.application))
        await install_simulator(house, "alipay", home / "alipay", simulator.url, by="operator:bench")
        lanes = await stack.enter_async_context(_platform(environment | LANES))
        ordinary = await stack.enter_async_context(_platform(environment | ORDINARY))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        say(f"two servers, of one process each: with lanes ({lanes.pid}), the ordinary way ({ordinary.pid})")
        merchant = await house.merchants.register(name="Bench", fee_basis_points=60, actor="operator:bench")
        key = await house.merchant_keys.create(
            merchant.id,
            wanted=WantedKey(reads_per_second=100_000, changes_per_second=100_000),
            actor="operator:bench",
        )
        yield Stage(
            urls=urls,
            postmaster_pid=postgres.pid or 0,
            house=house,
            lanes=lanes,
            ordinary=ordinary,
            simulator=simulator,
            control=SimulatorControl(simulator.url, session),
            secret=key.secret,
            merchant_id=merchant.id,
        )


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
    }


@asynccontextmanager
async def _platform(settings: Mapping[str, str]) -> AsyncIterator[Server]:
    """One process with every role."""
    ports = {name: free_port() for name in LISTENERS}
    listening = {f"TAEL_{name.upper()}_LISTEN": f"127.0.0.1:{port}" for name, port in ports.items()}
    urls = {f"TAEL_{name.upper()}_URL": f"http://127.0.0.1:{ports[name]}" for name in ("public", "notices")}
    async with tael_process(
        ["run", "--here", "--child-of", str(os.getpid()), *TOGETHER], {**settings, **listening, **urls}
    ) as pid:
        await until_listening(ports["public"])
        yield Server(pid, urls["TAEL_PUBLIC_URL"])


@asynccontextmanager
async def _simulator(home: Path) -> AsyncIterator[Server]:
    port = free_port()
    listen = f"127.0.0.1:{port}"
    async with tael_process(["simulate", "alipay", "--listen", listen, "--home", str(home)], {}) as pid:
        await until_listening(port)
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


async def until_listening(port: int) -> None:
    """Wait until somebody does."""
    deadline = monotonic_seconds() + _START_SECONDS
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if monotonic_seconds() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
