"""How does a test get a connector that somebody else wrote? As a package on the path, with an entry point, as `pip` lays it out."""

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from tael.channels.registry import ENTRY_POINTS, offers

PLUGIN = """
import msgspec

from tael.channels.port import BaseConnector, ConnectorKind
from tael.testing.partners import capabilities_of_a_wallet


class Settings(msgspec.Struct, kw_only=True):
    base_url: str = "http://127.0.0.1:9"


class Credentials(msgspec.Struct, kw_only=True):
    secret: str = ""


class Connector(BaseConnector):
    capabilities = capabilities_of_a_wallet()

    def __init__(self, settings, credentials):
        {make}


KIND = ConnectorKind(
    name="others",
    title="Others",
    title_zh="他人",
    settings=Settings,
    credentials=Credentials,
    make=Connector,
    addresses=lambda settings, _: {addresses},
)
"""


@contextlib.contextmanager
def installed_plugin(
    folder: Path, *, make: str = "pass", addresses: str = "(settings.base_url,)", source: str = PLUGIN
) -> Iterator[None]:
    """The connector `others` is installed until the block ends.

    make        what happens when it is made, as Python
    addresses   what it says that it talks to, of `settings`
    """
    site = folder / "site"
    information = site / "tael_others-1.0.dist-info"
    information.mkdir(parents=True, exist_ok=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: tael-others\nVersion: 1.0\n", "utf-8")
    (information / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nothers = tael_others:KIND\n", "utf-8")
    (site / "tael_others.py").write_text(source.format(make=make, addresses=addresses), "utf-8")
    sys.path.insert(0, str(site))
    _look_again()
    try:
        yield
    finally:
        sys.path.remove(str(site))
        _look_again()


def _look_again() -> None:
    """As a process that has just begun."""
    sys.modules.pop("tael_others", None)
    importlib.invalidate_caches()
    offers.cache_clear()
