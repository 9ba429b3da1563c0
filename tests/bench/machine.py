"""What was it measured on? The figures of one machine say little about another."""

import os
import platform
from pathlib import Path

import psycopg
from rich.console import Console


async def describe_machine(console: Console, database_url: str) -> None:
    """Print the processor, the versions, and the settings of the database that decide about speed."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        shown = [
            f"{name} {await _shown(connection, name)}"
            for name in ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
        ]
        version = await _shown(connection, "server_version")
    console.print(
        f"{cores()} cores, {_processor()}, Python {platform.python_version()},"
        f" PostgreSQL {version} ({', '.join(shown)})"
    )


async def _shown(connection: psycopg.AsyncConnection[tuple[str]], setting: str) -> str:
    cursor = await connection.execute("select current_setting(%s)", [setting])
    row = await cursor.fetchone()
    return row[0] if row else ""


def cores() -> int:
    """How many of them we may use."""
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    named = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return named[0].partition(": ")[2] if named else platform.machine()
