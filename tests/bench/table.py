"""What did the bench find? Operations per second, latencies, and who used the processor."""

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.drive import Measured
from tests.bench.load import LoadResult
from tests.bench.transfers import TransferResult


class Phase:
    """One way of doing one thing, measured in one or several rounds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seconds = 0.0
        self.done = 0
        self.cpu_seconds: Counter[str] = Counter()
        self.latencies_ms: list[float] = []
        self.acknowledged: list[str] = []
        self.refused: list[str] = []

    def add(self, measured: Measured[LoadResult] | Measured[TransferResult]) -> None:
        """Take a round into account."""
        self.seconds += measured.seconds
        self.cpu_seconds.update(measured.cpu_seconds)
        for result in measured.results:
            self.done += result.done
            if isinstance(result, LoadResult):
                self.latencies_ms += result.latencies_ms
                self.acknowledged += result.acknowledged
                self.refused += result.refused

    @property
    def per_second(self) -> int:
        """Operations per second."""
        return round(self.done / self.seconds)

    def percentile_ms(self, percent: int) -> float:
        """The latency that so many percent of the operations did not exceed."""
        ordered = sorted(self.latencies_ms)
        return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1) if ordered else 0.0

    def cpu_ms_each(self, part: str) -> float:
        """CPU milliseconds that a part of the platform used for one operation: CPU seconds for 1,000."""
        return self.cpu_seconds[part] * 1000 / self.done if self.done else 0.0


PARTS = ("server", "PostgreSQL", "simulator", "load")


def show(console: Console, phases: Sequence[Phase], *, acknowledged: int) -> None:
    """Print the table and what it means."""
    shown = Table(box=box.SIMPLE_HEAD, title="CPU seconds are for 1,000 operations", title_style="dim")
    shown.add_column("", no_wrap=True)
    for heading in ("per second", "p50 ms", "p99 ms", *(f"{part} CPU s" for part in PARTS), "busy cores"):
        shown.add_column(heading, justify="right")
    for phase in phases:
        latencies = [f"{phase.percentile_ms(percent)}" if phase.latencies_ms else "" for percent in (50, 99)]
        cpu = [f"{phase.cpu_ms_each(part):.3f}" if phase.cpu_seconds[part] else "" for part in PARTS]
        busy = f"{phase.cpu_seconds.total() / phase.seconds:.2f}"
        shown.add_row(phase.name, f"{phase.per_second:,}", *latencies, *cpu, busy)
    console.print(shown)
    for phase in phases:
        part, seconds = phase.cpu_seconds.most_common(1)[0]
        share = seconds / phase.cpu_seconds.total()
        console.print(f"What limits {phase.name}: {part} uses {share:.0%} of all CPU time.", style="dim")
    console.print(f"{acknowledged:,} acknowledged payments, each looked for in the database.", style="dim")
