"""How fast are payments, and what limits them? `make bench SUITE=payments`.

As merchants use it: a key with scopes, keys of idempotency, fee terms by method, the books, the log of events, and a webhook for
each captured payment; a complete payment is one of which the merchant was told. Durable commits, load from other processes, books checked after. The last line is one JSON object.
"""

import sys
from typing import Literal

import msgspec
import uvloop
from rich.console import Console

from tests.bench import books, lists, table
from tests.bench.drive import Measured, Pids, drive, family_of
from tests.bench.load import LoadJob, LoadResult
from tests.bench.machine import cores, describe_machine
from tests.bench.stage import Server, Stage, set_stage
from tests.bench.table import Phase
from tests.bench.transfers import TransferJob, TransferResult

ROUND_SECONDS = 4.0
"""Ways that are compared take turns, two rounds each, so that a noisy neighbour disturbs both."""
COMPLETE_SECONDS = 9.0
CREATES_AT_A_TIME = 128
COMPLETIONS_AT_A_TIME = 160
BATCH = 1_000

console = Console(highlight=False)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    create_per_s: int
    create_p50_ms: float
    create_p99_ms: float
    create_ordinary_per_s: int
    complete_per_s: int
    bulk_transfers_per_s: int
    hot_transfers_per_s: int
    ordinary_transfers_per_s: int
    list_p99_ms: float
    search_p99_ms: float
    detail_p99_ms: float
    books: Literal["balanced", "wrong"]


async def measure() -> bool:
    """The whole bench; whether the books were right."""
    async with set_stage(_say) as stage:
        await describe_machine(console, stage.urls.application)
        with_lanes, ordinary = Phase("create, lanes"), Phase("create, one transaction a request")
        complete = Phase("complete payment, two processes", processes=2)
        spread, hot = Phase("transfers, 1,000 a transaction"), Phase("transfers, one hot account")
        single = Phase("transfers, one a transaction")
        for number in (1, 2):
            _say(f"creating payments, round {number} of 2")
            with_lanes.add(await _creates(stage, stage.lanes))
            ordinary.add(await _creates(stage, stage.ordinary))
        _say(
            "completing payments: created with a code, payer pays, notice, captured, webhook; two server processes"
        )
        complete.add(
            await _http(
                stage,
                stage.lanes,
                stage.second,
                kind="complete",
                seconds=COMPLETE_SECONDS,
                at_a_time=COMPLETIONS_AT_A_TIME,
            )
        )
        for number in (1, 2):
            _say(f"posting transfers, round {number} of 2")
            spread.add(await _transfers(stage, "spread", batch=BATCH, connections=1))
            hot.add(await _transfers(stage, "hot", batch=BATCH, connections=1))
            single.add(await _transfers(stage, "ordinary", batch=1, connections=8))
        _say("checking the books")
        acknowledged = [*with_lanes.acknowledged, *ordinary.acknowledged, *complete.acknowledged]
        faults = await books.faults(stage, acknowledged=acknowledged)
        refused = [*with_lanes.refused, *ordinary.refused, *complete.refused]
    waited = await lists.measure_apart(console)
    phases = [with_lanes, ordinary, complete, spread, hot, single]
    table.show(console, phases, parts=("server", "PostgreSQL", "simulator", "load"), cores=cores())
    console.print(
        f"{len(acknowledged):,} acknowledged payments, each looked for in the database.", style="dim"
    )
    for line in [*refused[:3], *faults]:
        console.print(f"[bold red]wrong:[/bold red] {line}")
    summary = Summary(
        create_per_s=with_lanes.per_second,
        create_p50_ms=with_lanes.percentile_ms(50),
        create_p99_ms=with_lanes.percentile_ms(99),
        create_ordinary_per_s=ordinary.per_second,
        complete_per_s=complete.per_second,
        bulk_transfers_per_s=spread.per_second,
        hot_transfers_per_s=hot.per_second,
        ordinary_transfers_per_s=single.per_second,
        list_p99_ms=waited.list_p99_ms,
        search_p99_ms=waited.search_p99_ms,
        detail_p99_ms=waited.detail_p99_ms,
        books="wrong" if faults or refused else "balanced",
    )
    print(msgspec.json.encode(summary).decode())
    return summary.books == "balanced"


async def _creates(stage: Stage, server: Server) -> Measured[LoadResult]:
    return await _http(stage, server, kind="create", seconds=ROUND_SECONDS, at_a_time=CREATES_AT_A_TIME)


async def _http(
    stage: Stage, *servers: Server, kind: Literal["create", "complete"], seconds: float, at_a_time: int
) -> Measured[LoadResult]:
    job = LoadJob(
        kind=kind,
        public_urls=[server.url for server in servers],
        simulator_url=stage.simulator.url,
        receiver_port=stage.receiver_port,
        secret=stage.secret,
        at_a_time=at_a_time,
    )
    watched: dict[str, Pids] = {
        "server": lambda: [stage.lanes.pid, *(each.pid for each in servers if each != stage.lanes)],
        "PostgreSQL": lambda: family_of(stage.postmaster_pid),
        "simulator": lambda: [stage.simulator.pid],
    }
    return await drive("load", [job], LoadResult, seconds=seconds, watched=watched)


async def _transfers(
    stage: Stage, kind: Literal["spread", "hot", "ordinary"], *, batch: int, connections: int
) -> Measured[TransferResult]:
    """Two processes, each with so many connections."""
    job = TransferJob(kind=kind, database_url=stage.urls.application, batch=batch, connections=connections)
    watched: dict[str, Pids] = {"PostgreSQL": lambda: family_of(stage.postmaster_pid)}
    return await drive("transfers", [job, job], TransferResult, seconds=ROUND_SECONDS, watched=watched)


def _say(step: str) -> None:
    console.print(f"[dim]→ {step}[/dim]")


if __name__ == "__main__":
    sys.exit(0 if uvloop.run(measure()) else 1)
