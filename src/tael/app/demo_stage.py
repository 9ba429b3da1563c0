"""Where does the demo play? In a home of its own, with the platform and simulators as processes."""

import asyncio
import contextlib
import fcntl
import hashlib
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import msgspec
from rich.console import Console
from rich.status import Status

import tael
from tael.app.house import House
from tael.app.post_office import POST_OFFICE, leading_to
from tael.app.purse_channel import install_balance
from tael.app.simulated import install_simulator, use_sources
from tael.app.vault_process import open_vault
from tael.app.verifying import wire_of
from tael.foundation.clock import monotonic_seconds
from tael.foundation.config import Settings, environment_for
from tael.foundation.errors import Conflict, Unavailable
from tael.simulators.registry import DEMO_CHANNELS, DEMO_PAYS_OUT, PROVIDERS, SIMULATORS
from tael.verification.api import SourceFolder
from tael.verification.model import SourceName

START_SECONDS = 90
_ACTOR = "operator:demo"


SIMULATORS_FROM_PORT = 8090
"""Where the first of the simulators listens if nobody else does; the others after it."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything runs."""

    settings: Settings
    simulators: Mapping[str, str]
    """The address of each channel's simulator."""
    providers: Mapping[str, str] = {}
    """The addresses of those who are asked about people, who bring messages to them, and who pay out to their cards."""

    def home_of(self, simulator: str) -> Path:
        """The folder of a simulator."""
        return self.settings.home / "simulators" / simulator


@asynccontextmanager
async def open_stage(settings: Settings, console: Console, *, people: bool) -> AsyncIterator[Stage]:
    """The simulators and the platform as processes of their own, in a home of their own.

    people   whether somebody may come: then there are simulators of those who are asked about people, too
    """
    package = hashlib.sha256(str(Path(tael.__file__).parent).encode()).hexdigest()[:8]
    home = settings.home / f"demo-{package}"
    home.mkdir(parents=True, exist_ok=True)
    with _only_one(home):
        public, notices, internal, ledger = (_free_port(port) for port in (8080, 8081, 8082, 8083))
        test_mode = _free_port(8061)
        vault, door = _free_port(8084), _free_port(8085)
        stage = Stage(
            settings=msgspec.structs.replace(
                settings,
                home=home,
                public_listen=f"127.0.0.1:{public}",
                notices_listen=f"127.0.0.1:{notices}",
                internal_listen=f"127.0.0.1:{internal}",
                ledger_listen=f"127.0.0.1:{ledger}",
                simulators_listen=f"127.0.0.1:{test_mode}",
                webhook_networks="127.0.0.0/8",
                vault_listen=f"127.0.0.1:{vault}",
                vault_door_listen=f"127.0.0.1:{door}",
                vault_url=f"http://127.0.0.1:{vault}",
                vault_door_url=f"http://127.0.0.1:{door}",
                public_url=f"http://localhost:{public}",  # passkeys belong to a name, not to an address
                notices_url=f"http://127.0.0.1:{notices}",
            ),
            simulators={
                channel: f"http://127.0.0.1:{_free_port(SIMULATORS_FROM_PORT + place)}"
                for place, channel in enumerate(DEMO_CHANNELS)
            },
            providers={
                name: f"http://127.0.0.1:{_free_port(SIMULATORS_FROM_PORT + len(DEMO_CHANNELS) + place)}"
                for place, name in enumerate((*PROVIDERS, DEMO_PAYS_OUT) if people else ())
            },
        )
        stage = _known_to_the_platform(stage)
        async with contextlib.AsyncExitStack() as running:
            with console.status("starting PostgreSQL, the platform and two channels' simulators …") as status:
                for simulator, url in (*stage.simulators.items(), *stage.providers.items()):
                    await running.enter_async_context(_simulator(stage, simulator, url))
                platform = await running.enter_async_context(
                    _process(["run", "all"], stage.settings, home / "platform.log")
                )
                await _until_healthy(stage, platform, home / "platform.log", status)
            yield stage


def _known_to_the_platform(stage: Stage) -> Stage:
    """Let the platform of the demo ask, and write to, the providers that are played."""
    settings = stage.settings
    if url := stage.providers.get("verification"):
        home = stage.home_of("verification")
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        use_sources(SourceFolder(settings.verification_home), home, url)
    if url := stage.providers.get(POST_OFFICE):
        settings = leading_to(settings, url, stage.home_of(POST_OFFICE))
    return msgspec.structs.replace(stage, settings=settings)


async def let_cards_be_used(stage: Stage, vault_database: str | None) -> None:
    """Let the vault send cards to the banks that are played: they compare them with their holders, and pay out to them."""
    if not stage.providers or not vault_database:
        return
    async with open_vault(stage.settings, vault_database) as (vault, _, _):
        banks, pays_out = stage.providers["verification"], stage.providers[DEMO_PAYS_OUT]
        await vault.allow(wire_of(SourceName.BANK_CARD), banks, actor=_ACTOR)
        await vault.allow(DEMO_PAYS_OUT, pays_out, actor=_ACTOR)
        if (key := SIMULATORS[DEMO_PAYS_OUT].card_key) is not None:
            await vault.allow_key(DEMO_PAYS_OUT, key(stage.home_of(DEMO_PAYS_OUT)).encode(), actor=_ACTOR)


async def install_what_pays_out(house: House, stage: Stage) -> None:
    """Tell the platform of the channel that users withdraw over, if any may come."""
    if url := stage.providers.get(DEMO_PAYS_OUT):
        await install_simulator(house, DEMO_PAYS_OUT, stage.home_of(DEMO_PAYS_OUT), url, by=_ACTOR)


async def install_channels(house: House, stage: Stage) -> None:
    """Tell the platform of the simulators: it uses them within seconds."""
    for channel, url in stage.simulators.items():
        await install_simulator(house, channel, stage.home_of(channel), url, by=_ACTOR)
    await install_balance(house, by=_ACTOR)


def _simulator(
    stage: Stage, simulator: str, url: str
) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    simulate = ["simulate", simulator, "--listen", url.removeprefix("http://")]
    home = ["--home", str(stage.home_of(simulator))]
    return _process([*simulate, *home], stage.settings, stage.settings.home / f"{simulator}.log")


@asynccontextmanager
async def _process(
    arguments: Sequence[str], settings: Settings, log_file: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """One `tael` command in the background, stopped at the end."""
    with log_file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tael.app.cli",
            *arguments,
            env=environment_for(settings),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _until_healthy(
    stage: Stage, platform: asyncio.subprocess.Process, log_file: Path, status: Status
) -> None:
    deadline = monotonic_seconds() + START_SECONDS
    async with aiohttp.ClientSession() as session:
        for url in (
            f"{stage.settings.public_url}/health",
            f"{stage.settings.notices_url}/health",
            *stage.simulators.values(),
            *stage.providers.values(),
        ):
            while True:
                if platform.returncode is not None or monotonic_seconds() > deadline:
                    raise Unavailable(
                        f"The platform did not start:\n{_last_lines(log_file, 5)}",
                        hint=f"The whole log is {log_file}.",
                    )
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(url, timeout=aiohttp.ClientTimeout(total=2)) as response:
                        if response.status == 200:
                            break
                status.update(f"starting: {_last_lines(log_file, 1)}"[:100])
                await asyncio.sleep(0.1)


def _last_lines(log_file: Path, count: int) -> str:
    return "\n".join(log_file.read_text("utf-8").splitlines()[-count:])


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Two demos on one home would share the simulator's record."""
    with (home / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "A demo is running already.", hint="Stop it with Ctrl-C, then start again."
            ) from None
        yield


def _free_port(preferred: int) -> int:
    """`preferred`, or any free port if somebody has it."""
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            taken: int = probe.getsockname()[1]
            return taken
    raise Unavailable("No port is free.")
