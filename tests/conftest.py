"""What do all tests share? One PostgreSQL server, a fresh database each, a platform when they ask for one."""

import contextlib
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.postgres import EmbeddedPostgres
from tael.foundation.telemetry import set_up_logging
from tael.testing.databases import (
    believe_quickly,
    fresh_database,
    one_ahead,
    prepare_template,
    wait_for_no_disk,
)
from tael.testing.platform import QUICK, Platform, running_platform

ROOM_BYTES = 2_000_000_000
"""What the servers of all workers of a run need at most, several times over."""
RECURSION_LIMIT = sys.getrecursionlimit()
gc.disable()
"""Until all tests are collected: a thousand modules with thousands of tests make much, and no garbage."""


def pytest_collection_finish() -> None:
    """py-evm raises the limit when it is imported, beyond what the stack of a parser bears: deep JSON would end the run.

    And thousands of tests stay until the end: the collector of garbage need not look at them again and again.
    """
    sys.setrecursionlimit(RECURSION_LIMIT)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def logs_as_in_production() -> None:
    """One JSON line per event; without this, an accident would be printed with all its local variables."""
    set_up_logging("error", "json")


@pytest.fixture(scope="session")
def server_home() -> Iterator[Path]:
    """A folder that the database's user can reach, also when we are root."""
    home = Path(tempfile.mkdtemp(prefix="tael-tests-", dir=_quick_folder()))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home, ignore_errors=True)


def _quick_folder() -> str:
    """In memory if there is room: a database is copied for every test, and from a disk that takes eight times as long."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES
    return str(memory) if roomy else "/var/tmp"


@pytest.fixture(scope="session")
async def server(server_home: Path) -> AsyncIterator[DatabaseUrls]:
    """The one PostgreSQL server of this run: the embedded one."""
    postgres = EmbeddedPostgres(server_home / "postgres")
    await postgres.start()
    urls = DatabaseUrls(
        postgres.url("tael_app"), postgres.url("tael_owner"), vault=postgres.url("tael_vault")
    )
    await wait_for_no_disk(urls)
    await believe_quickly(urls)
    await prepare_template(urls)
    async with one_ahead(urls):
        yield urls
    await postgres.stop()


@pytest.fixture
async def urls(server: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A migrated, empty database."""
    async with fresh_database(server) as fresh:
        yield fresh


@pytest.fixture
async def house(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    """Every part, connected, without channels and without listeners."""
    async with open_house(Settings(home=tmp_path, **QUICK), urls.application) as opened:
        yield opened


@pytest.fixture
async def platform(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Platform]:
    """A running platform with a merchant."""
    async with running_platform(urls, tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def no_settings_from_outside() -> Iterator[None]:
    """Tests do not depend on who runs them."""
    ours = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("TAEL_")}
    with contextlib.ExitStack() as stack:
        stack.callback(os.environ.update, ours)
        yield
