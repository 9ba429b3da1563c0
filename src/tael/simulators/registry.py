"""Which channels can be simulated? One line each."""

from collections.abc import Awaitable, Callable, Mapping
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


class SimulatedChannel(msgspec.Struct, frozen=True):
    """A stand-in for a channel."""

    serve: Callable[[SimulatorOptions], Awaitable[None]]
    settings: Callable[[Path, str], Mapping[str, str | Path]]
    """The settings of a platform that speaks to it, given the folder of its keys and its address."""


def _serve_alipay(options: SimulatorOptions) -> Awaitable[None]:
    return alipay.serve(
        alipay.SimulatorSettings(
            keys=alipay.prepare_keys(options.home),
            host=options.host,
            port=options.port,
            speed=options.speed,
            state_file=options.home / "state.jsonl",
        )
    )


def _alipay_settings(home: Path, url: str) -> Mapping[str, str | Path]:
    keys = alipay.prepare_keys(home)
    return {
        "alipay_gateway_url": f"{url}/gateway.do",
        "alipay_app_id": keys.app_id,
        "alipay_seller_id": keys.seller_id,
        "alipay_app_private_key_file": home / "app_private.pem",
        "alipay_public_key_file": home / "alipay_public.pem",
    }


SIMULATORS: Mapping[str, SimulatedChannel] = {"alipay": SimulatedChannel(_serve_alipay, _alipay_settings)}
