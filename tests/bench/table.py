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

    def __init__(self, name: str, *, processes: int = 1) -> None:
        """`processes`: so many of the server."""
        self.name = name
        self.processes = {"server": processes}
        self.seconds = 0.0
        self.done = 0
        self.cpu_seconds: Counter[str] = Counter()
        self.others_cpu_seconds = 0.0
        self.latencies_ms: list[float] = []
        self.acknowledged: list[str] = []
        self.refused: list[str] = []

    def add(self, measured: Measured[LoadResult] | Measured[TransferResult]) -> None:
        """Take a round into account."""
        self.seconds += measured.seconds
        self.cpu_seconds.update(measured.cpu_seconds)
        self.others_cpu_seconds += measured.others_cpu_seconds
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


ONE_PROCESS = ("server", "simulator")
"""Parts that cannot use more than one core."""


def limit_of(phase: Phase, cores: int) -> str:
    """What keeps a phase from going faster, by who used the processor."""
    part, seconds = phase.cpu_seconds.most_common(1)[0]
    ours, others = phase.cpu_seconds.total() / phase.seconds, phase.others_cpu_seconds / phase.seconds
    processes = phase.processes.get(part, 1)
    if part in ONE_PROCESS and seconds > 0.85 * phase.seconds * processes:
        busy = seconds / phase.seconds / processes
        return f"the {part}: {'its one process is' if processes == 1 else 'its processes are'} busy {busy:.0%} of the time"
    if ours + others > 0.9 * cores:
        neighbours = f", but others on this machine use {others:.1f}" if others > 0.2 else ""
        return f"all {cores} cores, of which {part} uses {seconds / phase.seconds:.1f}{neighbours}"
    return f"waiting for commits and for one another: {ours:.1f} of {cores} cores are used"


def show(console: Console, phases: Sequence[Phase], *, parts: Sequence[str], cores: int) -> None:
    """Print the table and what it means."""
    shown = Table(
        box=box.SIMPLE_HEAD,
        title="CPU seconds are for 1,000 operations; cores: used by us, and by others on this machine",
        title_style="dim",
    )
    shown.add_column("", no_wrap=True)
    for heading in (
        "per second",
        "p50 ms",
        "p99 ms",
        *(f"{part} CPU s" for part in parts),
        "cores",
        "others",
    ):
        shown.add_column(heading, justify="right")
    for phase in phases:
        latencies = [f"{phase.percentile_ms(percent)}" if phase.latencies_ms else "" for percent in (50, 99)]
        cpu = [f"{phase.cpu_ms_each(part):.3f}" if phase.cpu_seconds[part] else "" for part in parts]
        busy = [phase.cpu_seconds.total(), phase.others_cpu_seconds]
        shown.add_row(
            phase.name,
            f"{phase.per_second:,}",
            *latencies,
            *cpu,
            *(f"{seconds / phase.seconds:.2f}" for seconds in busy),
        )
    console.print(shown)
    for phase in phases:
        console.print(f"What limits {phase.name}: {limit_of(phase, cores)}.", style="dim")
