"""What do all verbs of verification stand on?"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database
from tael.foundation.personal import Personal
from tael.foundation.wire import HttpRequest, HttpResponse
from tael.verification.errors import NoSuchSource
from tael.verification.model import Patience, SourceName, Sources
from tael.verification.port import Source
from tael.verification.registry import SourceFolder

DIGEST = "verification"
"""The kind of blind index that a check's digest is."""


class Silence(msgspec.Struct, frozen=True):
    """There is no whole answer: what the provider did is not known."""

    why: str


Send = Callable[[SourceName, HttpRequest, float], Awaitable[HttpResponse | Silence]]
"""Sends a message once, within so many seconds; by way of the vault, if it is about a card. Never raises for want of an
answer."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The tools of verification."""

    database: Database
    clock: Clock
    personal: Personal
    rules: DatedRules
    sources: SourceFolder
    send: Send
    notices_url: str
    """Where providers tell what comes later: the source's name is added."""

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    def terms(self, at: datetime) -> Sources:
        """What the sources are worth."""
        return self.rules.read("verification.sources", Sources, at=at)

    def patience(self, at: datetime) -> Patience:
        """How long is asked."""
        return self.rules.read("verification.patience", Patience, at=at)

    def source(self, name: SourceName) -> Source:
        """One source; refuses `NoSuchSource`, `SourceRefused`."""
        source = self.sources.find(name)
        if source is None:
            raise NoSuchSource(
                f"The source {name} is not set up here.",
                hint=f"Whoever operates the platform sets it up: `tael verification install {name}.toml`.",
            )
        return source

    def notify_url(self, name: SourceName) -> str:
        """Where the provider of a source tells what comes later."""
        return f"{self.notices_url}/{name}"

    def notice_path(self, name: SourceName) -> str:
        """The path of that address, which a notice's signature covers."""
        return urlsplit(self.notify_url(name)).path
