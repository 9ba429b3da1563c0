"""How does a test get a platform that it can kill? Real processes: a supervisor with its children, a simulator.

Everything lives in one folder: the database, the keys, the simulator's record, a log per process. Whoever is
killed and has nobody to start it again (the supervisor, the simulator) is started again by `Cluster.kill`.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from tael.app.house import House, open_house
from tael.app.roles import ALONE, DOOR, LISTENERS, ROLES, SHARED, VAULT
from tael.app.simulated import install_simulator
from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import monotonic_seconds
from tael.foundation.config import Settings, environment_for
from tael.foundation.postgres import EmbeddedPostgres
from tael.testing.loopback import port_of
from tael.testing.platform import QUICK, MerchantClient
from tael.testing.simulators import SimulatorControl

_COMMAND = [sys.executable, "-m", "tael.app.cli"]
_POLL_SECONDS = 0.02
_LOOK_SECONDS = 0.1
"""To ask a process that starts takes it from its work."""
TOGETHER = tuple(role for role in ROLES if role not in ALONE)
"""The roles of the process that does everything."""
_START_SECONDS = 90.0
_STOP_SECONDS = 20.0
_ASKED_IN_A_ROW = 12
_CALMER: Mapping[str, Any] = {
    "waiting_inquiry_seconds": [2, 5, 10, 20],
    "stop_seconds": 15.0,
    "log_level": "warning",
}
"""Thousands of codes wait for payers who went away: asking about each of them every second is no test. And a stop
waits longer than a lane is patient with a database that is down."""


class Part(StrEnum):
    """What can be killed."""

    API = "api"
    """A process with the shared roles only."""
    EVERYTHING = "everything"
    """The process that has the jobs, the courier and the clock beside the API."""
    SIMULATOR = "simulator"
    POSTMASTER = "postmaster"
    SUPERVISOR = "supervisor"


class Process:
    """A command of ours in a session of its own, with its words in a log."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._arguments = [*_COMMAND, *arguments]
        self._environment = dict(environment)
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the present life."""
        if self._child is None:
            raise RuntimeError(f"{self._arguments[3:]} was not started")
        return self._child.pid

    def start(self) -> None:
        """Begin a life; the log goes on."""
        with self._log.open("ab") as output:
            self._child = subprocess.Popen(
                self._arguments,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def terminate(self) -> None:
        """SIGTERM: please stop."""
        if self._child is not None:
            self._child.terminate()

    async def ended(self, *, within_seconds: float = _STOP_SECONDS) -> int:
        """The exit status once it has ended; kills it if that takes too long."""
        deadline = monotonic_seconds() + within_seconds
        child = self._child
        if child is None:
            return 0
        while child.poll() is None and monotonic_seconds() < deadline:  # noqa: ASYNC110 - nobody can tell us
            await asyncio.sleep(_POLL_SECONDS)
        self.kill()
        return child.returncode


class Cluster:
    """A running platform of real processes."""

    def __init__(
        self, folder: Path, *, workers: int, database: DatabaseUrls | None, more: Mapping[str, Any]
    ) -> None:
        self.folder = folder
        addresses = {name: f"127.0.0.1:{free_port()}" for name in (*LISTENERS, VAULT, DOOR)}
        at_simulator = f"127.0.0.1:{free_port()}"
        keys_folder = folder / "simulator"
        everywhere = {name: f"http://{address}" for name, address in addresses.items()}
        self.urls = {name: everywhere[name] for name in LISTENERS}
        self.simulator_url = f"http://{at_simulator}"
        places: dict[str, Any] = {f"{name}_listen": address for name, address in addresses.items()}
        places |= {f"{name}_url": everywhere[name] for name in ("public", "notices", VAULT, DOOR)}
        if database is not None:
            places |= {"database_url": database.application, "database_owner_url": database.owner}
        self.keys_folder = keys_folder
        self.settings = Settings(home=folder / "home", **places, **{**QUICK, **_CALMER, **more})
        speak = [
            "simulate",
            "alipay",
            "--listen",
            at_simulator,
            "--home",
            str(keys_folder),
            "--speed",
            "1000",
        ]
        self.simulator = self.process(*speak, log="simulator.log")
        self.supervisor = self.process("run", "all", "--workers", str(workers))

    def process(self, *arguments: str, log: str = "tael.log") -> Process:
        """A `tael` command with this platform's settings."""
        return Process(arguments, environment_for(self.settings), self.folder / log)

    @property
    def database(self) -> DatabaseUrls:
        """How to reach the database."""
        settings = self.settings
        if settings.database_url is not None and settings.database_owner_url is not None:
            return DatabaseUrls(settings.database_url, settings.database_owner_url)
        server = EmbeddedPostgres(self.settings.home / "postgres")
        return DatabaseUrls(server.url("tael_app"), server.url("tael_owner"))

    def kill(self, part: Part) -> bool:
        """Kill -9 one process now; False if it is not there just now. What nobody restarts, is restarted."""
        match part:
            case Part.SIMULATOR | Part.SUPERVISOR:
                process = self.simulator if part is Part.SIMULATOR else self.supervisor
                process.kill()
                process.start()
                return True
            case Part.POSTMASTER:
                return _kill(self._postmaster_pid())
            case Part.API:
                return _kill(next(iter(self.children(SHARED)), None))
            case Part.EVERYTHING:
                return _kill(next(iter(self.children(TOGETHER)), None))

    def children(self, roles: Sequence[str]) -> list[int]:
        """The supervisor's children that have exactly these roles, oldest first."""
        wanted = "\0".join(["", *roles, ""]).encode()
        return [
            pid
            for pid in _pids()
            if _parent_of(pid) == self.supervisor.pid and _command_line(pid).endswith(wanted)
        ]

    async def until_answering(self) -> None:
        """Wait until the listeners, the simulator and all workers are there."""
        addresses = [
            *(url + "/health" for url in self.urls.values()),
            f"{self.simulator_url}/_control/summary",
        ]
        async with aiohttp.ClientSession() as session:
            try:
                await asyncio.gather(*(_until_answering(session, address) for address in addresses))
            except TimeoutError as error:
                raise TimeoutError(f"{error}. The last words:\n{self.last_words()}") from error

    def last_words(self) -> str:
        """The end of every log."""
        return "\n".join(log.read_text("utf-8", "replace")[-2000:] for log in self.folder.glob("*.log"))

    async def install_channel(self, house: House) -> None:
        """Tell the platform of the simulator; its processes use it within seconds."""
        await install_simulator(house, "alipay", self.keys_folder, self.simulator_url, by="operator:test")
        await house.channels.refresh()
        await house.routing.refresh()

    async def stop(self) -> None:
        """Stop gracefully, then end whatever is left in the folder."""
        for process in (self.supervisor, self.simulator):
            process.terminate()
        for process in (self.supervisor, self.simulator):
            await process.ended()
        for pid in _pids():
            if _belongs_to(pid, self.folder):
                _kill(pid)

    def _postmaster_pid(self) -> int | None:
        try:
            text = (self.settings.home / "postgres" / "data" / "postmaster.pid").read_text("ascii")
        except OSError:
            return None
        first = text.partition("\n")[0]
        return int(first) if first.isdigit() else None


class Tenancy(msgspec.Struct, frozen=True, kw_only=True):
    """A running cluster with what a test needs to use it and to look inside."""

    cluster: Cluster
    house: House
    """The parts, on the same database, in the test's own process."""
    control: SimulatorControl
    merchant: MerchantClient
    session: aiohttp.ClientSession


@asynccontextmanager
async def running_cluster(
    *,
    workers: int = 2,
    database: DatabaseUrls | None = None,
    supervised: bool = True,
    **more: Any,
) -> AsyncIterator[Tenancy]:
    """A platform of real processes until the block ends. Without `database` it runs an embedded one.

    `supervised=False` starts the simulator only: the test starts `cluster.process(…)` of its choice.
    """
    folder = _make_folder()
    cluster = Cluster(folder, workers=workers, database=database, more=more)
    try:
        cluster.simulator.start()
        if supervised:
            cluster.supervisor.start()
            await cluster.until_answering()
        timeout = aiohttp.ClientTimeout(total=15)
        connector = aiohttp.TCPConnector(limit=512)
        async with (
            open_house(cluster.settings, cluster.database.application, application="test") as house,
            aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
        ):
            await cluster.install_channel(house)
            merchant = await house.merchants.register(
                name="蓝茶壶 Blue Teapot", fee_basis_points=60, actor="operator:test"
            )
            made = await house.merchant_keys.create(merchant.id, actor="operator:test")
            if supervised:
                await _until_offered(session, cluster.urls["public"], made.secret)
            yield Tenancy(
                cluster=cluster,
                house=house,
                control=SimulatorControl(cluster.simulator_url, session),
                merchant=MerchantClient(session, cluster.urls["public"], merchant, made.secret),
                session=session,
            )
    finally:
        await cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _make_folder() -> Path:
    """Where the database's user may pass through, also when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="tael-chaos-", dir="/var/tmp"))
    folder.chmod(0o711)
    return folder


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return port_of(probe)


async def _until_answering(session: aiohttp.ClientSession, address: str) -> None:
    deadline = monotonic_seconds() + _START_SECONDS
    while True:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with session.get(address, timeout=aiohttp.ClientTimeout(total=5)) as response:
                if response.status == 200:
                    return
        if monotonic_seconds() > deadline:
            raise TimeoutError(f"{address} does not answer")
        await asyncio.sleep(_LOOK_SECONDS)


async def _until_offered(session: aiohttp.ClientSession, url: str, secret: str) -> None:
    """Wait until every process behind the address has heard of the channel: until several in a row have."""
    deadline, in_a_row = monotonic_seconds() + _START_SECONDS, 0
    headers = {"Authorization": f"Bearer {secret}", "Connection": "close"}
    while in_a_row < _ASKED_IN_A_ROW:
        async with session.get(f"{url}/v1/methods", headers=headers) as response:
            in_a_row = in_a_row + 1 if b"alipay" in await response.read() else 0
        if monotonic_seconds() > deadline:
            raise TimeoutError("the channel is not offered")
        await asyncio.sleep(_POLL_SECONDS)


def _kill(pid: int | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _pids() -> list[int]:
    return sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it has ended meanwhile, or is not ours
        return b""


def _command_line(pid: int) -> bytes:
    return _read(pid, "cmdline")


def _parent_of(pid: int) -> int:
    _, _, after_name = _read(pid, "stat").rpartition(b") ")
    fields = after_name.split()
    return int(fields[1]) if len(fields) > 1 else 0


def _belongs_to(pid: int, folder: Path) -> bool:
    """Whether the process was started by us for this folder: the folder stands in its words or its settings."""
    name = os.fsencode(folder)
    return pid != os.getpid() and (name in _command_line(pid) or name in _read(pid, "environ"))
