"""Whom do the portal's pages ask?"""

import msgspec

from tael.channels.api import Channels
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.identity.api import Identity
from tael.ledger.api import Ledger
from tael.merchants.api import Merchants, Team
from tael.payments.api import Payments


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs in, and for whom: of the house of live, whatever they look at."""

    database: Database
    clock: Clock
    identity: Identity
    merchants: Merchants
    team: Team


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """The verbs behind the pages: people, and the contexts of one mode."""

    people: People
    database: Database
    clock: Clock
    payments: Payments
    channels: Channels
    ledger: Ledger
    public_url: str
    two_modes: bool = False
    """Whether there is a house of test mode beside that of live."""

    @property
    def portal_url(self) -> str:
        """Where links for people lead: to live, whatever the one who gives them looks at."""
        return f"{self.public_url.removesuffix('/').removesuffix('/test')}/portal"

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https, so that cookies go no other way."""
        return self.public_url.startswith("https:")
