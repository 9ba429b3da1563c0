"""Does a process that waits for its database still listen to those who tell it to go?"""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

SOON_SECONDS = 15
"""Less than the 30 s that a start waits for a database."""
STARTED_SECONDS = 60
"""What Python takes to start on a busy machine, several times over."""


async def starting(folder: Path, *, child_of: int) -> asyncio.subprocess.Process:
    """A process with every kind of role whose database does not answer."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    environment = os.environ | {
        "TAEL_HOME": str(folder),
        "TAEL_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/nothing",
        "TAEL_PUBLIC_LISTEN": "127.0.0.1:0",
        "TAEL_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "tael.app.cli", "run", "--here", "--child-of", str(child_of)]
    return await asyncio.create_subprocess_exec(
        *command, "public", "worker", "courier", "clock", env=environment, stderr=asyncio.subprocess.PIPE
    )


async def first_words(process: asyncio.subprocess.Process) -> bytes:
    """Wait until it says anything."""
    assert process.stderr is not None
    return await asyncio.wait_for(process.stderr.readline(), STARTED_SECONDS)


async def first_complaint(process: asyncio.subprocess.Process) -> None:
    """Wait until it has tried to reach the database."""
    assert process.stderr is not None
    while b"error connecting" not in await process.stderr.readline():
        assert process.returncode is None


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.drill)])
async def test_a_start_that_waits_for_the_database_ends_when_it_is_told_to(
    tmp_path: Path, number: signal.Signals
) -> None:
    process = await starting(tmp_path, child_of=os.getpid())
    await asyncio.wait_for(first_complaint(process), STARTED_SECONDS)

    process.send_signal(number)

    await asyncio.wait_for(process.communicate(), SOON_SECONDS)
    assert process.returncode == 0


async def test_an_orphan_does_not_wait_for_the_database_with_the_addresses_in_its_hands(
    tmp_path: Path,
) -> None:
    process = await starting(tmp_path, child_of=1)

    begun = await first_words(process)
    _, words = await asyncio.wait_for(process.communicate(), SOON_SECONDS)

    assert b"orphaned" in begun + words
    assert process.returncode == 0
