"""How fast does money go from user to user? `make bench SUITE=wallets`.

Through HTTP, with sessions, idempotency, limits, standing, the record of behaviour and messages on, two server processes
and one worker, on the cores that also run PostgreSQL and the load: from each user to a few friends, and all to one. Every
acknowledged transfer is looked for, the counters must agree with the transfers, and the books must balance. The last line
is one JSON object.
"""

import sys
from typing import Literal

import msgspec
import uvloop
from rich.console import Console

from tests.bench import table
from tests.bench.drive import Measured, Pids, drive, family_of
from tests.bench.load import LoadResult
from tests.bench.machine import cores, describe_machine
from tests.bench.purses import PurseJob
from tests.bench.table import Phase
from tests.bench.wallets_stage import WalletsStage, faults, set_wallets_stage

ROUND_SECONDS = 6.0
"""Spread and hot take turns, two rounds each, so that a noisy neighbour disturbs both."""
AT_A_TIME = 512

console = Console(highlight=False)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    transfer_per_s: int
    transfer_p50_ms: float
    transfer_p99_ms: float
    hot_payee_per_s: int
    hot_payee_p50_ms: float
    hot_payee_p99_ms: float
    books: Literal["balanced", "wrong"]


async def measure() -> bool:
    """The whole bench; whether the books were right."""
    async with set_wallets_stage(_say) as stage:
        await describe_machine(console, stage.urls.application)
        spread, hot = Phase("transfers between users"), Phase("transfers to one user")
        for number in (1, 2):
            _say(f"sending, round {number} of 2")
            spread.add(await _transfers(stage, hot=False))
            hot.add(await _transfers(stage, hot=True))
        _say("checking the books")
        acknowledged = [*spread.acknowledged, *hot.acknowledged]
        wrong = [*spread.refused, *hot.refused, *await faults(stage, acknowledged=acknowledged)]
    table.show(console, [spread, hot], parts=("server", "worker", "PostgreSQL", "load"), cores=cores())
    console.print(
        f"{len(acknowledged):,} acknowledged transfers, each looked for in the database.", style="dim"
    )
    for line in wrong[:10]:
        console.print(f"[bold red]wrong:[/bold red] {line}")
    summary = Summary(
        transfer_per_s=spread.per_second,
        transfer_p50_ms=spread.percentile_ms(50),
        transfer_p99_ms=spread.percentile_ms(99),
        hot_payee_per_s=hot.per_second,
        hot_payee_p50_ms=hot.percentile_ms(50),
        hot_payee_p99_ms=hot.percentile_ms(99),
        books="wrong" if wrong else "balanced",
    )
    print(msgspec.json.encode(summary).decode())
    return not wrong


async def _transfers(stage: WalletsStage, *, hot: bool) -> Measured[LoadResult]:
    job = PurseJob(
        urls=[server.url for server in stage.servers],
        payers=stage.payers,
        payee=stage.hot if hot else None,
        at_a_time=AT_A_TIME,
    )
    watched: dict[str, Pids] = {
        "server": lambda: [server.pid for server in stage.servers],
        "worker": lambda: [stage.worker_pid],
        "PostgreSQL": lambda: family_of(stage.postmaster_pid),
    }
    return await drive("purses", [job], LoadResult, seconds=ROUND_SECONDS, watched=watched)


def _say(step: str) -> None:
    console.print(f"[dim]→ {step}[/dim]")


if __name__ == "__main__":
    sys.exit(0 if uvloop.run(measure()) else 1)
