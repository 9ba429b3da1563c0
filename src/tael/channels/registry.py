"""Which connectors are there? Those built in, one line each, and those of packages that are installed beside us.

A package offers one by naming its `ConnectorKind` under the entry point `tael.connectors`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import entry_points, version
from typing import Any

from tael.channels.connectors import alipay, bank, erc20, stripe, unionpay, wechatpay
from tael.channels.errors import ConnectorRefused
from tael.channels.port import ConnectorKind

BUILT_IN: tuple[ConnectorKind, ...] = (
    alipay.KIND,
    bank.KIND,
    erc20.KIND,
    stripe.KIND,
    unionpay.KIND,
    wechatpay.KIND,
)
KEYRINGS: Mapping[str, Callable[[Any], Any]] = {"erc20": erc20.make_keyring}
"""What makes a signer's keyring of the credentials, for channels whose transactions we sign."""
ENTRY_POINTS = "tael.connectors"


@cache
def connector_kinds() -> Mapping[str, ConnectorKind]:
    """Every connector by its name; refuses a package that takes a name that is taken."""
    kinds = {kind.name: kind for kind in BUILT_IN}
    for point in entry_points(group=ENTRY_POINTS):
        kind = point.load()
        if not isinstance(kind, ConnectorKind):
            raise ConnectorRefused(f"{point.value} is not a ConnectorKind.")
        if kind.name in kinds:
            raise ConnectorRefused(f"{point.value} takes the name {kind.name}, which is taken.")
        kinds[kind.name] = kind
    return kinds


def version_of(connector: str) -> str:
    """The version of the package that brings a connector, as acceptance reports say it."""
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == connector and point.dist is not None:
            return point.dist.version
    return version("tael")
