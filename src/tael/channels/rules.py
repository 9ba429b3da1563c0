"""What can be decided about channels without asking anybody?"""

import ipaddress
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from tael.channels.model import LATENCY_BOUNDS_MS


def moves_no_real_money(told: Mapping[str, Any]) -> bool:
    """Whether every address that a channel is told is one that only this machine or its own network can reach.

    Then a simulator is behind it, and the channel may be tried without a contract.
    """
    hosts = [
        urlsplit(value).hostname or "" for value in told.values() if isinstance(value, str) and "://" in value
    ]
    return bool(hosts) and all(map(_is_near, hosts))


def place_of(seconds: float) -> int:
    """Which count of `Measure.latency` a call belongs to."""
    return bisect_left(LATENCY_BOUNDS_MS, seconds * 1000)


def _is_near(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
