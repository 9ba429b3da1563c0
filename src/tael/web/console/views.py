"""What do the console's pages show of channels, in rows and cells?"""

from collections.abc import Sequence

import msgspec

from tael.channels.model import LATENCY_BOUNDS_MS, Measure
from tael.channels.port import Operation, Product


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    """One channel in the matrix."""

    name: str
    connector: str
    method: str
    simulated: bool
    state: str
    """Of its partner; `trial` or `research` without one."""
    health: str
    products: frozenset[Product]
    operations: frozenset[Operation]
    currencies: Sequence[str]


class OperationRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one operation went."""

    operation: Operation
    calls: int
    faults_tenths: int
    """Calls with an error, in tenths of a percent."""
    median_ms: str
    slowest_ms: str
    """The bound below which 95 of 100 calls ended."""
    errors: Sequence[tuple[str, int]]


def operation_rows(measures: Sequence[Measure]) -> list[OperationRow]:
    """The hours of each operation taken together, in the order of the port."""
    rows = []
    for operation in Operation:
        hours = [each for each in measures if each.operation is operation]
        calls = sum(each.calls for each in hours)
        if not calls:
            continue
        latency = [sum(counts) for counts in zip(*(each.latency for each in hours), strict=True)]
        errors: dict[str, int] = {}
        for each in hours:
            for name, count in each.by_error.items():
                errors[name] = errors.get(name, 0) + count
        rows.append(
            OperationRow(
                operation=operation,
                calls=calls,
                faults_tenths=1000 * sum(errors.values()) // calls,
                median_ms=_bound(latency, 50),
                slowest_ms=_bound(latency, 95),
                errors=sorted(errors.items()),
            )
        )
    return rows


def _bound(latency: Sequence[int], percent: int) -> str:
    """The bound below which so many of a hundred calls ended."""
    wanted, so_far = sum(latency) * percent, 0
    for bound, count in zip(LATENCY_BOUNDS_MS, latency, strict=False):
        so_far += count
        if so_far * 100 >= wanted:
            return f"≤ {bound}"
    return f"> {LATENCY_BOUNDS_MS[-1]}"
