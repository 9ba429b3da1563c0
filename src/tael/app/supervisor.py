"""Who looks after the database and the processes? A parent that starts them and starts them again.

It runs the embedded PostgreSQL (unless `TAEL_DATABASE_URL` names another), brings the schema up to date, and keeps
the processes with the roles alive. It takes no calls itself.
"""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import structlog

from tael.app.addresses import address_of, is_free
from tael.app.contexts import CONTEXTS
from tael.app.roles import ALONE, DOOR, LISTENERS, SHARED, SIMULATORS, VAULT
from tael.app.stand_in_places import stand_ins
from tael.foundation.clock import monotonic_seconds
from tael.foundation.config import ConfigurationRefused, Settings, environment_for
from tael.foundation.errors import Unavailable
from tael.foundation.migrate import BEFORE_START, PHASES, MigrationRefused, migrate
from tael.foundation.postgres import EmbeddedPostgres, HomeInUse

log = structlog.get_logger("tael.supervisor")

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The name under which Prometheus' library looks for the folder that several processes share."""
_PATIENCE, _PATIENCE_SECONDS = 60, 0.25
_SCHEMA_PATIENCE_SECONDS = 60.0
_STEADY_SECONDS = 5.0
_BACKOFF_SECONDS = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)

Say = Callable[[str], None]


class DatabaseUrls(msgspec.Struct, frozen=True):
    """How to reach the database, as the application and as the owner of its tables."""

    application: str
    owner: str
    test: "DatabaseUrls | None" = None
    """How to reach that of test mode, if there is one."""
    vault: str | None = None
    """How the vault's own process reaches it, if it can."""

    def __repr__(self) -> str:
        return "DatabaseUrls(…)"


@asynccontextmanager
async def database(settings: Settings, *, say: Say = lambda _: None) -> AsyncIterator[DatabaseUrls]:
    """The database of this installation, running: the one that is named, or the embedded one.

    If another process of this installation runs the embedded server already, that one is used.
    """
    if settings.database_url is not None:
        yield _named(settings)
        return
    server = EmbeddedPostgres(settings.home / "postgres", os_user=settings.postgres_os_user, on_step=say)
    try:
        await server.start()
    except HomeInUse:
        yield _embedded(server, settings)
        return
    watching = asyncio.create_task(server.watch())
    try:
        yield _embedded(server, settings)
    finally:
        await server.stop()
        await watching


def _named(settings: Settings) -> DatabaseUrls:
    def urls(
        application: str, owner: str | None, test: DatabaseUrls | None, vault: str | None
    ) -> DatabaseUrls:
        return DatabaseUrls(application, owner or application, test, vault)

    test_url = settings.test_database_url if settings.test_mode else None
    of_test = settings.test_database_owner_url, None, settings.vault_test_database_url
    test = None if test_url is None else urls(test_url, *of_test)
    return urls(settings.database_url or "", settings.database_owner_url, test, settings.vault_database_url)


def _embedded(server: EmbeddedPostgres, settings: Settings) -> DatabaseUrls:
    def urls(database: str, test: DatabaseUrls | None) -> DatabaseUrls:
        roles = [server.url(role, database) for role in ("tael_app", "tael_owner", "tael_vault")]
        return DatabaseUrls(roles[0], roles[1], test, roles[2])

    return urls("tael", urls("tael_test", None) if settings.test_mode else None)


async def bring_up_to_date(
    urls: DatabaseUrls, *, apply: bool, say: Say = lambda _: None, phases: Collection[str] = PHASES
) -> None:
    """Apply missing migrations; or, if that is the operator's to do, refuse to go on while some are missing.

    phases   only `pre` while the old program still runs: the new one starts without the rest
    """
    missing = [name async for name in migrate(urls.owner, CONTEXTS, dry_run=not apply, phases=phases)]
    for name in missing:
        say(f"schema: {name}")
    if urls.test is not None:
        await bring_up_to_date(
            urls.test, apply=apply, say=lambda step: say(f"test mode: {step}"), phases=phases
        )
    if missing and not apply:
        raise MigrationRefused(
            f"The database lacks {len(missing)} migrations, the first is {missing[0]}.",
            hint="Run `tael migrate`.",
        )


async def supervise(settings: Settings, roles: Sequence[str], *, workers: int, say: Say) -> None:
    """Run everything until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await _until_addresses_are_free(settings, roles)
    async with database(settings, say=say) as urls:
        await _bring_up_patiently(settings, urls, say)
        shared = [role for role in roles if role in SHARED]
        first = [role for role in roles if role not in ALONE]
        teams = [first] + [shared] * ((workers - 1) if shared else 0)
        if SIMULATORS in roles and urls.test is not None:
            teams.append([SIMULATORS])
        if VAULT in roles and urls.vault is not None:
            teams.append([VAULT])
        teams = [team for team in teams if team]
        # The owner's address stays here: whoever takes calls has the application's rights only.
        environment = environment_for(
            msgspec.structs.replace(
                settings,
                database_url=urls.application,
                database_owner_url=None,
                test_database_url=urls.test and urls.test.application,
                test_database_owner_url=None,
                vault_database_url=None,
                vault_test_database_url=None,
            )
        )
        if len(teams) > 1:
            environment[METRICS_FOLDER] = await asyncio.to_thread(_empty_metrics_folder, settings.home)
        environments = {VAULT: _environment_of_the_vault(settings, urls)}
        processes = [
            asyncio.create_task(
                keep_alive(team, environments.get(team[0], environment), stop, settings.stop_seconds)
            )
            for team in teams
        ]
        say(f"running {', '.join(roles)}" + (f" in {len(teams)} processes" if len(teams) > 1 else ""))
        await asyncio.gather(*processes)


def _environment_of_the_vault(settings: Settings, urls: DatabaseUrls) -> dict[str, str]:
    """Only the vault knows how its own role gets in, and it knows no other."""
    return environment_for(
        msgspec.structs.replace(
            settings,
            database_url=None,
            database_owner_url=None,
            test_database_url=None,
            test_database_owner_url=None,
            vault_database_url=urls.vault,
            vault_test_database_url=urls.test and urls.test.vault,
        )
    )


async def _bring_up_patiently(settings: Settings, urls: DatabaseUrls, say: Say) -> None:
    """Bring the schema up to date; our own server may die meanwhile, and is then started again."""
    is_ours = settings.database_url is None
    give_up_at = monotonic_seconds() + _SCHEMA_PATIENCE_SECONDS
    while True:
        try:
            return await bring_up_to_date(
                urls, apply=is_ours, say=say, phases=PHASES if is_ours else BEFORE_START
            )
        except Unavailable as refusal:
            if not is_ours or monotonic_seconds() > give_up_at:
                raise
            log.warning("schema_must_wait", reason=refusal.message)
        await asyncio.sleep(_PATIENCE_SECONDS)


async def _until_addresses_are_free(settings: Settings, roles: Sequence[str]) -> None:
    """Refuse to start where somebody listens already: processes of ours may share an address, platforms may not.

    Processes of a supervisor that was killed are given the time to see it and to leave.
    """
    wanted = [(role, *address_of(settings, role)) for role in roles if role in LISTENERS]
    if SIMULATORS in roles and settings.test_mode:
        wanted += [(SIMULATORS, each.host, each.port) for each in stand_ins(settings).values()]
    if VAULT in roles:
        wanted += [(role, *address_of(settings, role)) for role in (VAULT, DOOR)]
    for role, host, port in wanted:
        for patience in range(_PATIENCE, -1, -1):
            if is_free(host, port):
                break
            if not patience:
                raise ConfigurationRefused(
                    f"Somebody listens on {host}:{port} already.",
                    hint=f"Stop that process, or set TAEL_{role.upper()}_LISTEN to another address.",
                )
            await asyncio.sleep(_PATIENCE_SECONDS)


def _empty_metrics_folder(home: Path) -> str:
    """Where processes that share their metrics keep them; what earlier ones left is thrown away."""
    folder = home / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return str(folder)


async def keep_alive(
    roles: Sequence[str], environment: dict[str, str], stop: asyncio.Event, stop_seconds: float
) -> None:
    """Run one process with these roles; start it again whenever it dies, until `stop` is set."""
    failures = 0
    while not stop.is_set():
        born_at = monotonic_seconds()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tael.app.cli",
            "run",
            "--here",
            "--child-of",
            str(os.getpid()),
            *roles,
            env=environment,
            start_new_session=True,
        )
        log.info("process_started", roles=list(roles), pid=process.pid)
        waiting = asyncio.create_task(stop.wait())
        ended = asyncio.create_task(process.wait())
        await asyncio.wait([waiting, ended], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await _end(process, ended, stop_seconds)
            return
        waiting.cancel()
        steady = monotonic_seconds() - born_at > _STEADY_SECONDS
        failures = 0 if steady else failures + 1
        pause = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
        log.warning(
            "process_died", roles=list(roles), pid=process.pid, status=process.returncode, pause=pause
        )
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def _end(process: asyncio.subprocess.Process, ended: "asyncio.Task[int]", stop_seconds: float) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(ended, stop_seconds + 5)
    except TimeoutError:
        log.warning("process_killed", pid=process.pid)
        process.kill()
        await process.wait()
