"""How fast are the books, how small, and do they stay so when they grow? `make bench SUITE=ledger`.

Everything is on: durable commits, ids for ever, limits, sealing meanwhile. The load comes from other processes on the
same machine; beside ours runs the ordinary way, one transaction a transfer. Then everything is measured again in a
book of ten million transfers (`GROWN=1000000` for fewer). The last line is one JSON object.
"""

import asyncio
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import monotonic_seconds
from tael.ledger.api import LineFilter
from tael.ledger.model import Timeline, moment_of, number_at
from tests.bench import table
from tests.bench.drive import Measured, Pids, drive, family_of
from tests.bench.growth import grow
from tests.bench.ledger_stage import LedgerStage, set_ledger_stage
from tests.bench.load import LoadResult
from tests.bench.machine import cores, describe_machine
from tests.bench.posts import PostJob
from tests.bench.table import Phase
from tests.bench.transfers import HOT, TransferJob, TransferResult

ROUND_SECONDS = 5.0
"""Ways that are compared take turns, two rounds each, so that a noisy neighbour disturbs both."""
BATCH = 4_000
CALLERS = 72
GROWN = 10_000_000
LOOKS = 1_000
"""How often a balance at a random moment is asked for, by each of the two times."""
PAGES = 50
"""Postings of a page, and how often each page is read."""

console = Console(highlight=False, width=140)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    bulk_per_s: int
    hot_per_s: int
    http_single_per_s: int
    http_single_p50_ms: float
    http_single_p99_ms: float
    db_cpu_us_per_transfer: float
    bytes_per_transfer: int
    ordinary_per_s: int
    grown_transfers: int
    grown_bulk_per_s: int
    grown_hot_per_s: int
    grown_http_single_per_s: int
    page_1_ms: float
    page_100000_ms: float
    balance_at_p99_ms: float
    verify_seconds_per_million: float
    books: Literal["balanced", "wrong"]


class Speeds:
    """The four ways of posting, each measured in two rounds."""

    def __init__(self, where: str) -> None:
        self.bulk = Phase(f"{where}: transfers, 4,000 a transaction")
        self.hot = Phase(f"{where}: transfers, one hot account")
        self.ordinary = Phase(f"{where}: transfers, one a transaction")
        self.single = Phase(f"{where}: POST /v1/entries")

    async def measure(self, stage: LedgerStage) -> None:
        """Take turns."""
        for number in (1, 2):
            _say(f"posting transfers, round {number} of 2")
            self.bulk.add(await _transfers(stage, "spread", batch=BATCH, connections=1))
            self.hot.add(await _transfers(stage, "hot", batch=BATCH, connections=1))
            self.ordinary.add(await _transfers(stage, "ordinary", batch=1, connections=8))
            await _until_sealed(stage)
            self.single.add(await _posts(stage))

    @property
    def phases(self) -> list[Phase]:
        """All four."""
        return [self.bulk, self.hot, self.ordinary, self.single]


async def measure(grown: int) -> bool:
    """The whole bench; whether the books were right."""
    empty, full = Speeds("empty"), Speeds(f"{grown:,} transfers")
    async with set_ledger_stage(_say) as stage:
        await describe_machine(console, stage.urls.application)
        before = await stage.size_bytes()
        await empty.measure(stage)
        await _until_sealed(stage)
        bytes_each = (await stage.size_bytes() - before) / await stage.entries()
        _, faults = await _verify(stage)
    async with set_ledger_stage(_say, fill=lambda urls: _fill(urls, grown)) as stage:
        await _until_sealed(stage)
        await full.measure(stage)
        page_1, page_100000 = await _pages(stage, grown)
        balance_at_p99 = await _balances_at(stage)
        await _until_sealed(stage)
        verify_seconds, more_faults = await _verify(stage)
    table.show(
        console,
        [*empty.phases, *full.phases],
        parts=("server", "worker", "PostgreSQL", "load"),
        cores=cores(),
    )
    faults += more_faults
    for line in [*empty.single.refused[:3], *full.single.refused[:3], *faults[:20]]:
        console.print(f"[bold red]wrong:[/bold red] {line}")
    summary = Summary(
        bulk_per_s=empty.bulk.per_second,
        hot_per_s=empty.hot.per_second,
        http_single_per_s=empty.single.per_second,
        http_single_p50_ms=empty.single.percentile_ms(50),
        http_single_p99_ms=empty.single.percentile_ms(99),
        db_cpu_us_per_transfer=round(empty.bulk.cpu_ms_each("PostgreSQL") * 1000, 1),
        bytes_per_transfer=round(bytes_each),
        ordinary_per_s=empty.ordinary.per_second,
        grown_transfers=grown,
        grown_bulk_per_s=full.bulk.per_second,
        grown_hot_per_s=full.hot.per_second,
        grown_http_single_per_s=full.single.per_second,
        page_1_ms=page_1,
        page_100000_ms=page_100000,
        balance_at_p99_ms=balance_at_p99,
        verify_seconds_per_million=round(verify_seconds, 1),
        books="wrong" if faults or empty.single.refused or full.single.refused else "balanced",
    )
    print(msgspec.json.encode(summary).decode())
    return summary.books == "balanced"


async def _transfers(
    stage: LedgerStage, kind: Literal["spread", "hot", "ordinary"], *, batch: int, connections: int
) -> Measured[TransferResult]:
    """Two processes, each with so many connections; the worker seals meanwhile."""
    job = TransferJob(kind=kind, database_url=stage.urls.application, batch=batch, connections=connections)
    return await drive(
        "transfers", [job, job], TransferResult, seconds=ROUND_SECONDS, watched=_watched(stage)
    )


async def _posts(stage: LedgerStage) -> Measured[LoadResult]:
    """One process of callers at one server process."""
    job = PostJob(url=stage.server.url, secret=stage.secret, at_a_time=CALLERS)
    return await drive("posts", [job], LoadResult, seconds=ROUND_SECONDS, watched=_watched(stage))


def _watched(stage: LedgerStage) -> dict[str, Pids]:
    return {
        "server": lambda: [stage.server.pid],
        "worker": lambda: [stage.worker_pid],
        "PostgreSQL": lambda: family_of(stage.postmaster_pid),
    }


async def _until_sealed(stage: LedgerStage) -> None:
    _say("waiting until every entry is sealed")
    while not await stage.sealed():  # noqa: ASYNC110 - the sealer is another process
        await asyncio.sleep(0.2)


async def _fill(urls: DatabaseUrls, count: int) -> None:
    columns = TextColumn("growing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("growing", total=count)
        await grow(urls.owner, count=count, say=lambda done: progress.update(task, completed=done))
    _say(f"{count:,} transfers are in the book")


async def _pages(stage: LedgerStage, grown: int) -> tuple[float, float]:
    """Milliseconds that the first page of 50 postings takes, and the hundred-thousandth (or the last there is)."""
    account_no = await stage.house.books.lists.account_no(HOT.code, HOT.currency)
    deep = _first_grown_no() + max(grown - 100_000 * PAGES, PAGES)
    milliseconds = []
    for before in (2**53, deep + 1):
        began = monotonic_seconds()
        for _ in range(PAGES):
            found = await stage.house.books.lists.postings(
                LineFilter(account_no=account_no, before=(before, 0), limit=PAGES)
            )
            assert len(found) == PAGES, "the page is not full"
        milliseconds.append(round((monotonic_seconds() - began) / PAGES * 1000, 2))
    return milliseconds[0], milliseconds[1]


def _first_grown_no() -> int:
    """The number of the first moment of this month, where the loader begins."""
    now = datetime.now(UTC)
    return number_at(now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))


async def _balances_at(stage: LedgerStage) -> float:
    """The 99th percentile of the milliseconds that a balance of the hot account at a random moment takes."""
    begins, span = moment_of(_first_grown_no()), timedelta(days=40)
    latencies = []
    for by in Timeline:
        for _ in range(LOOKS):
            at = begins + span * random.random()
            began = monotonic_seconds()
            await stage.house.books.reports.balance_at(HOT.code, HOT.currency, at, by=by)
            latencies.append((monotonic_seconds() - began) * 1000)
    latencies.sort()
    return round(latencies[len(latencies) * 99 // 100], 2)


async def _verify(stage: LedgerStage) -> tuple[float, list[str]]:
    """Seconds per million entries, and what is wrong."""
    ledger = stage.house.ledger
    columns = TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    faults: list[str] = []
    began = monotonic_seconds()
    evidence = stage.house.books.evidence()
    async with stage.house.database.transaction() as tx:
        await tx.freeze()
        entries = (await ledger.size(tx)).entries
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("verifying", total=None)
            replay = ledger.verify(
                tx,
                evidence=evidence,
                progress=lambda done, of: progress.update(task, completed=done, total=of),
            )
            async for _, findings in replay:
                faults += [finding.detail for finding in findings]
    seconds = monotonic_seconds() - began
    _say(f"verified {entries:,} entries in {seconds:.1f} s")
    return seconds / entries * 1_000_000, faults


def _say(step: str) -> None:
    console.print(f"[dim]→ {step}[/dim]")


if __name__ == "__main__":
    sys.exit(0 if uvloop.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else GROWN)) else 1)
