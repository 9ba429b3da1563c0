"""Where is each stand-in of test mode? At ports one after the other, in folders of test mode's home."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tael.foundation.config import TEST, ConfigurationRefused, Settings
from tael.simulators import CHANNELS, OTHERS

BY = "operator:test-mode"
"""Who sets them up."""
_NEEDS = {"erc20": "eth_tester"}
"""What only some installations have: the extra `simulators`."""


class StandIn(msgspec.Struct, frozen=True, kw_only=True):
    """Where a channel is played."""

    host: str
    port: int
    home: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}"


def stand_ins(settings: Settings) -> Mapping[str, StandIn]:
    """Each channel's stand-in, one port after the other; refuses an address that cannot be used."""
    host, _, first = settings.simulators_listen.rpartition(":")
    if not host or not first.isdigit():
        raise ConfigurationRefused(
            f"TAEL_SIMULATORS_LISTEN={settings.simulators_listen} is not an address and a port, like 127.0.0.1:8061."
        )
    homes = _home_of(settings) / "simulators"
    names = [name for name in CHANNELS if name not in _NEEDS or importlib.util.find_spec(_NEEDS[name])]
    return {
        name: StandIn(host=host, port=int(first) + place, home=homes / name)
        for place, name in enumerate(names)
    }


def other_stand_ins(settings: Settings) -> Mapping[str, StandIn]:
    """Those that play no channel, at the ports after the channels'."""
    before = list(stand_ins(settings).values())[-1]
    homes = _home_of(settings) / "simulators"
    return {
        name: StandIn(host=before.host, port=before.port + place, home=homes / name)
        for place, name in enumerate(OTHERS, start=1)
    }


def card_keys(settings: Settings) -> Mapping[str, bytes]:
    """The public keys for which stand-ins want numbers of cards encrypted, by channel."""
    from tael.simulators.registry import SIMULATORS

    found = {}
    for name, stand_in in stand_ins(settings).items():
        make = SIMULATORS[name].card_key
        if make is not None:
            found[name] = make(stand_in.home).encode()
    return found


def _home_of(settings: Settings) -> Path:
    """The home of test mode; the settings may be its own already."""
    return (settings if settings.mode == TEST else settings.of_test_mode()).home
