"""Which connectors are there? Those built in, one line each, and those of packages that are installed beside us.

A package offers one by naming its `ConnectorKind` under the entry point `tael.connectors`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points, version
from typing import Any

import msgspec
import structlog

from tael.channels.connectors import alipay, balance, bank, erc20, stripe, unionpay, wechatpay
from tael.channels.errors import ConnectorRefused
from tael.channels.port import ConnectorKind

BUILT_IN: tuple[ConnectorKind, ...] = (
    alipay.KIND,
    balance.KIND,
    bank.KIND,
    erc20.KIND,
    stripe.KIND,
    unionpay.KIND,
    wechatpay.KIND,
)
log = structlog.get_logger("tael.channels")

KEYRINGS: Mapping[str, Callable[[Any], Any]] = {"erc20": erc20.make_keyring}
"""What makes a signer's keyring of the credentials, for channels whose transactions we sign."""
DOORS: Mapping[str, str] = {"balance": balance.DOOR}
"""What the addresses begin with of those who answer within the process."""
ENTRY_POINTS = "tael.connectors"


class Offers(msgspec.Struct, frozen=True):
    """What there is, and what there would be."""

    usable: Mapping[str, ConnectorKind]
    unusable: Mapping[str, str]
    """Why, by the name of the entry point."""


@cache
def offers() -> Offers:
    """Every connector by its name. A package that cannot be loaded, or takes a name that is taken, hurts nobody else."""
    usable = {kind.name: kind for kind in BUILT_IN}
    unusable: dict[str, str] = {}
    for point in entry_points(group=ENTRY_POINTS):
        try:
            kind = point.load()
        except Exception as error:  # somebody else's package may raise whatever it likes while it is imported
            unusable[point.name] = f"{point.value} cannot be loaded: {type(error).__name__}: {error}"
            continue
        if not isinstance(kind, ConnectorKind):
            unusable[point.name] = f"{point.value} is not a ConnectorKind."
        elif kind.name in usable:
            unusable[point.name] = f"{point.value} takes the name {kind.name}, which is taken."
        else:
            usable[kind.name] = kind
    for name, reason in unusable.items():
        log.warning("connector_unusable", connector=name, reason=reason)
    return Offers(usable, unusable)


def connector_kinds() -> Mapping[str, ConnectorKind]:
    """Every connector that can be used, by its name."""
    return offers().usable


def kind_of(connector: str) -> ConnectorKind:
    """A connector by its name; refuses `ConnectorRefused`, which says why if its package is there."""
    there = offers()
    if connector in there.usable:
        return there.usable[connector]
    raise ConnectorRefused(
        there.unusable.get(connector, f"There is no connector {connector[:32]!r}."),
        field="connector",
        hint=f"There are: {', '.join(there.usable)}.",
    )


def version_of(connector: str) -> str:
    """The version of the package that brings a connector, as acceptance reports say it."""
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == connector and point.dist is not None:
            return point.dist.version
    return version("tael")
