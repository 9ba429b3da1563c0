"""Who starts the embedded server, keeps it running and stops it? `EmbeddedPostgres`, one for each home.

It is used like this:

    database = EmbeddedPostgres(home, on_step=print)
    await database.start()
    watching = asyncio.create_task(database.watch())
    ...                                     # connect to database.url("tael_app")
    await database.stop()                   # `watch` returns by itself
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import structlog

from tael.foundation.clock import monotonic_seconds
from tael.foundation.errors import Unavailable
from tael.foundation.postgres import binaries, cluster, postmaster
from tael.foundation.postgres.home import (
    APPLICATION_ROLE,
    OWNER_ROLE,
    PORT,
    VAULT_ROLE,
    Account,
    Home,
    account_for,
    lock_home,
    make_folders,
    make_home,
    make_password,
    read_password,
)
from tael.foundation.postgres.postmaster import Postmaster

_POLL_SECONDS = 0.05
_LEFTOVER_PATIENCE_SECONDS = 0.3
"""How long processes without a postmaster may take to end by themselves; then they are told to."""
_STEADY_SECONDS = 1.0
"""A server that served this long was well: if it dies now, it is started again at once."""
_BACKOFF_SECONDS = (0.0, 0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""The pause before the next attempt, by the number of attempts that came to nothing."""
_FAST_STOP_SECONDS = 60.0
_IMMEDIATE_STOP_SECONDS = 15.0
_RECOVERY_REPORT_SECONDS = 5.0
_PRUNE_SECONDS = 3600.0

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("tael.postgres")


class EmbeddedPostgres:
    """A PostgreSQL server of our own below `home`.

    home      the folder that holds everything; made if missing
    os_user   the OS user of the server, if we are root and it shall not be `tael` or `nobody`
    on_step   told in a few words what a start is doing, from the event loop
    restarts  how often the server had to be started again since `start`
    """

    def __init__(
        self, home: Path, *, os_user: str | None = None, on_step: Callable[[str], None] = lambda _step: None
    ) -> None:
        self.restarts = 0
        self._home = Home(home.absolute().resolve())
        self._os_user = os_user
        self._on_step = on_step
        self._lock: int | None = None
        self._postmaster: Postmaster | None = None
        self._stopping = asyncio.Event()
        self._changing = asyncio.Lock()

    def __repr__(self) -> str:
        return f"EmbeddedPostgres(home={str(self._home.path)!r}, pid={self.pid}, restarts={self.restarts})"

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster, if it was started and not stopped."""
        return None if self._postmaster is None else self._postmaster.pid

    def url(self, role: str, database: str = "tael") -> str:
        """The address of the database for `tael_owner` or `tael_app`. It holds the password: never log it.

        database   `tael`, or `tael_test` beside it
        Raises `Unavailable` before the first start, when there is no password yet.
        """
        if role not in (OWNER_ROLE, APPLICATION_ROLE, VAULT_ROLE):
            raise ValueError(f"no such role of the embedded database: {role}")
        password = quote(read_password(self._home, role), safe="")
        socket = quote(str(self._home.socket), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={socket}&port={PORT}"

    async def start(self) -> None:
        """Start the server, or adopt one that a killed supervisor left; at return it answers queries.

        There is no limit of time: recovery after a crash takes as long as it takes. Raises `Unavailable`
        if the home cannot be used, another supervisor has it, or the server dies (with its last words).
        """
        if self._lock is not None:
            raise RuntimeError(f"{self!r} was already started")
        self._stopping.clear()
        try:
            account = await asyncio.to_thread(self._enter_home)
            await self._install(account)
            async with self._changing:
                await self._bring_up(account)
        except PermissionError as error:
            await self.stop()
            raise Unavailable(
                f"{error.filename} cannot be used: {error.strerror}.",
                hint="Start Tael as the OS user to whom the folder belongs, or set TAEL_HOME to another.",
            ) from error
        except BaseException:
            await self.stop()
            raise

    async def watch(self) -> None:
        """Start the server again whenever it dies, until `stop` is called; at once if it was well before."""
        failures, born_at, pruned_at = 0, monotonic_seconds(), monotonic_seconds()
        while not self._stopping.is_set():
            if self._postmaster is not None and self._postmaster.is_alive():
                if monotonic_seconds() - pruned_at > _PRUNE_SECONDS:
                    postmaster.prune_logs(self._home)
                    pruned_at = monotonic_seconds()
                await asyncio.sleep(_POLL_SECONDS)
                continue
            failures = 0 if monotonic_seconds() - born_at > _STEADY_SECONDS else failures + 1
            await self._pause(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
            await self._restart()
            born_at = monotonic_seconds()

    async def stop(self) -> None:
        """Stop the server: clients are cut off, what is committed is on disk. Safe to call at any time."""
        self._stopping.set()
        async with self._changing:
            if self._postmaster is not None:
                await self._shut_down(self._postmaster)
                self._postmaster = None
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _enter_home(self) -> Account:
        account = account_for(self._home, self._os_user)
        make_home(self._home, account)
        self._lock = lock_home(self._home)
        make_folders(self._home, account)
        return account

    async def _install(self, account: Account) -> None:
        if not binaries.is_unpacked(self._home):
            self._on_step(f"unpacking PostgreSQL {binaries.postgres_version()}")
            await asyncio.to_thread(binaries.unpack, self._home)
        if not cluster.is_initialised(self._home):
            self._on_step("initialising")
            await asyncio.to_thread(cluster.initialise, self._home, account, self._programs)
        for role in (APPLICATION_ROLE, VAULT_ROLE):
            await asyncio.to_thread(make_password, self._home, role)

    async def _bring_up(self, account: Account) -> None:
        """Adopt or start the server and wait until it answers."""
        if await self._adopt(account):
            return
        self._on_step("starting")
        await self._until_leftovers_ended(account)
        await asyncio.to_thread(cluster.write_settings, self._home, account)
        await asyncio.to_thread(binaries.remove_older, self._home)
        postmaster.prune_logs(self._home)
        self._postmaster = await asyncio.to_thread(postmaster.spawn, self._home, account, self._programs)
        try:
            await self._until_ready(self._postmaster)
        except _ServerDied:
            # The supervisor before us was killed so early that its server had not yet noted its process id.
            if not await self._adopt(account):
                raise
        _log.info("started", pid=self.pid)

    async def _adopt(self, account: Account) -> bool:
        """Take over a server that runs on our home; false if there is none, or it ended just now."""
        left_behind = postmaster.find_running(self._home, account)
        if left_behind is None:
            return False
        self._on_step("adopting the running server")
        self._postmaster = left_behind
        try:
            await self._until_ready(left_behind)
        except _ServerDied:
            return False
        _log.info("adopted", pid=left_behind.pid)
        return True

    async def _restart(self) -> None:
        """One attempt; a failed one is logged, and `watch` tries again."""
        async with self._changing:
            if self._stopping.is_set():
                return
            self.restarts += 1
            _log.warning("died, starting again", pid=self.pid, restarts=self.restarts)
            try:
                await self._bring_up(account_for(self._home, self._os_user))
            except (Unavailable, OSError) as error:
                _log.error("could not be started", reason=str(error))

    async def _until_ready(self, server: Postmaster) -> None:
        """Wait until the server has answered a query. Raises `_ServerDied` if it ends before."""
        report_at = monotonic_seconds() + _RECOVERY_REPORT_SECONDS
        while server.is_alive():
            if server.status() == "ready" and await asyncio.to_thread(self._prepare):
                return
            if self._stopping.is_set():
                raise Unavailable("The database server was stopped while it was starting.")
            if monotonic_seconds() > report_at:
                self._on_step("recovering: " + postmaster.last_words(self._home, lines=1).splitlines()[0])
                report_at += _RECOVERY_REPORT_SECONDS
            await asyncio.sleep(_POLL_SECONDS / 2)
        raise _ServerDied("The database server died. Its last words:\n" + postmaster.last_words(self._home))

    def _prepare(self) -> bool:
        """Make sure of the database and the roles: the first real query. False if it is too early for that.

        Passwords go through a pipe and the environment, never over a command line.
        """
        script = Path(__file__).with_name("sql") / "prepare.sql"
        passwords = "".join(
            f"\\set {name} '{read_password(self._home, role)}'\n"
            for name, role in (("app_password", APPLICATION_ROLE), ("vault_password", VAULT_ROLE))
        )
        done = subprocess.run(
            [self._programs / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--no-password"],
            input=passwords + script.read_text(),
            env={
                "PGHOST": str(self._home.socket),
                "PGPORT": str(PORT),
                "PGUSER": OWNER_ROLE,
                "PGPASSWORD": read_password(self._home, OWNER_ROLE),
                "PGDATABASE": "postgres",
                "PGCONNECT_TIMEOUT": "30",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 and "FATAL:  the database system is " not in done.stderr:
            raise Unavailable(f"The database server runs but does not serve us: {done.stderr.strip()}")
        return done.returncode == 0

    async def _until_leftovers_ended(self, account: Account) -> None:
        """Wait for processes that outlive a killed postmaster: they still use its shared memory."""
        began_at = monotonic_seconds()
        for patience, then in ((1, signal.SIGQUIT), (10, signal.SIGKILL), (30, None)):
            while postmaster.find_leftovers(self._home, account):
                if monotonic_seconds() - began_at > patience * _LEFTOVER_PATIENCE_SECONDS:
                    break
                await asyncio.sleep(_POLL_SECONDS / 2)
            else:
                return
            if then is not None:
                postmaster.end_leftovers(self._home, account, then)
        raise Unavailable("Processes of the killed database server do not end.")

    async def _shut_down(self, server: Postmaster) -> None:
        """Ask for a fast shutdown, then for an immediate one; SIGTERM would wait for the clients for ever."""
        for signal_number, limit_seconds in (
            (signal.SIGINT, _FAST_STOP_SECONDS),
            (signal.SIGQUIT, _IMMEDIATE_STOP_SECONDS),
        ):
            server.send(signal_number)
            give_up_at = monotonic_seconds() + limit_seconds
            while monotonic_seconds() < give_up_at:
                if not server.is_alive():
                    _log.info("stopped", pid=server.pid, signal=signal_number.name)
                    return
                await asyncio.sleep(_POLL_SECONDS / 2)
        _log.error("does not stop", pid=server.pid)

    async def _pause(self, seconds: float) -> None:
        """Wait, unless `stop` is called."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    @property
    def _programs(self) -> Path:
        return binaries.programs(self._home)


class _ServerDied(Unavailable):
    """The server's first process ended before the server answered."""
