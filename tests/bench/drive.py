"""Who runs the load, and who used the processor meanwhile? Processes of their own, started at one moment.

A load process reads its job from standard input, prepares, says `ready`, waits for `go`, and in the end prints its
result. The bench looks at everybody's CPU seconds when the warm-up ends and when the measuring ends.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
import uvloop

WARM_UP_SECONDS = 1.0

Job = TypeVar("Job", bound=msgspec.Struct)
Result = TypeVar("Result", bound=msgspec.Struct)
Pids = Callable[[], Sequence[int]]
"""The processes of a part of the platform, as they are now."""

_TICKS = os.sysconf("SC_CLK_TCK")


class Measured(msgspec.Struct, Generic[Result], frozen=True, kw_only=True):
    """What the load processes report, and the CPU seconds that each part used while they measured."""

    results: list[Result]
    cpu_seconds: dict[str, float]
    others_cpu_seconds: float
    """What anything else on this machine used: a bench with a busy neighbour says little."""
    seconds: float


async def drive(
    module: str, jobs: Sequence[Job], answer: type[Result], *, seconds: float, watched: Mapping[str, Pids]
) -> Measured[Result]:
    """Run one load process per job, all at the same moment, and measure for so many seconds after the warm-up."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"tests.bench.{module}", stdin=PIPE, stdout=PIPE, limit=64 * 1024 * 1024
        )
        for _ in jobs
    ]
    try:
        await asyncio.gather(
            *(_prepare(process, job, seconds) for process, job in zip(processes, jobs, strict=True))
        )
        everybody = {**watched, "load": lambda: [process.pid for process in processes]}
        for process in processes:
            _tell(process, b"go\n")
        await asyncio.sleep(WARM_UP_SECONDS)
        before, machine_before = _cpu_seconds(everybody), machine_cpu_seconds()
        await asyncio.sleep(seconds)
        after, machine_after = _cpu_seconds(everybody), machine_cpu_seconds()
        results = [msgspec.json.decode(await _line(process), type=answer) for process in processes]
    finally:
        for process in processes:
            if process.returncode is None:
                process.terminate()
            await process.wait()
    used = {name: after[name] - before[name] for name in everybody}
    others = max(machine_after - machine_before - sum(used.values()), 0.0)
    return Measured(results=results, cpu_seconds=used, others_cpu_seconds=others, seconds=seconds)


async def _prepare(process: Process, job: msgspec.Struct, seconds: float) -> None:
    _tell(process, msgspec.json.encode({"seconds": seconds, "job": job}) + b"\n")
    if await _line(process) != b"ready\n":
        raise RuntimeError("a load process could not prepare itself")


def _tell(process: Process, line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line)


async def _line(process: Process) -> bytes:
    assert process.stdout is not None
    return await process.stdout.readline()


def _cpu_seconds(parts: Mapping[str, Pids]) -> dict[str, float]:
    return {name: sum(cpu_seconds_of(pid) for pid in pids()) for name, pids in parts.items()}


def cpu_seconds_of(pid: int) -> float:
    """CPU seconds of a process and of those of its children that have ended; see proc(5)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def machine_cpu_seconds() -> float:
    """CPU seconds of everything on this machine since it started, without idling and waiting for disks."""
    user, nice, system, _idle, _iowait, *interrupts = (
        Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return sum(map(int, [user, nice, system, *interrupts[:2]])) / _TICKS


def family_of(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


class Window:
    """Counts what happens after the warm-up and before the end. It begins when it is made."""

    def __init__(self, seconds: float) -> None:
        now = asyncio.get_running_loop().time
        self.now = now
        self.begins = now() + WARM_UP_SECONDS
        self.ends = self.begins + seconds

    @property
    def over(self) -> bool:
        """Whether no further work is to be begun."""
        return self.now() >= self.ends

    def counts(self) -> bool:
        """Whether what has just happened counts."""
        return self.begins <= self.now() < self.ends


def run_load(
    job: type[Job], prepare: Callable[[Job], Awaitable[Callable[[Window], Awaitable[msgspec.Struct]]]]
) -> None:
    """The main function of a load process: `prepare` gives the work, which gives the result."""

    async def run() -> None:
        asked = msgspec.json.decode(sys.stdin.buffer.readline(), type=dict[str, msgspec.Raw])
        work = await prepare(msgspec.json.decode(asked["job"], type=job))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        result = await work(Window(msgspec.json.decode(asked["seconds"], type=float)))
        sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
        sys.stdout.flush()

    uvloop.run(run())
