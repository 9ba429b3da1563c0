"""Which channels can be simulated? One line each."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from tael.simulators import alipay


class SimulatorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What every simulator needs to know."""

    home: Path
    """Where its keys are, and its record of what was paid."""
    host: str
    port: int
    speed: float
    """How much faster than the real one it repeats notices."""


def _alipay(options: SimulatorOptions) -> Awaitable[None]:
    return alipay.serve(
        alipay.SimulatorSettings(
            keys=alipay.prepare_keys(options.home),
            host=options.host,
            port=options.port,
            speed=options.speed,
            state_file=options.home / "state.jsonl",
        )
    )


SIMULATORS: dict[str, Callable[[SimulatorOptions], Awaitable[None]]] = {"alipay": _alipay}
