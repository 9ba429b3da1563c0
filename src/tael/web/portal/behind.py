"""Whom do the portal's pages ask?"""

from collections.abc import Mapping, Sequence

import msgspec

from tael.channels.api import Channels
from tael.checkout.api import Checkout
from tael.disputes.api import Disputes
from tael.exports.api import Exports
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.http.strangers import Strangers
from tael.identity.api import Identity
from tael.ledger.api import Ledger
from tael.merchants.api import MerchantKeys, Merchants, Team
from tael.offers.api import Offers
from tael.payments.api import Payments
from tael.webhooks.api import Webhooks


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs in, and for whom: of the house of live, whatever they look at."""

    database: Database
    clock: Clock
    identity: Identity
    merchants: Merchants
    team: Team
    strangers: Strangers
    """Who signs up is counted."""


class TestKit(msgspec.Struct, frozen=True, kw_only=True):
    """What test mode has that live has not."""

    amounts: Sequence[int]
    """In minor units: for these, payers act by themselves, as `portal.magic_of.aAMOUNT` says."""
    stand_ins: Mapping[str, str]
    """Where each channel is played, by its name."""


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """The verbs behind the pages: people, and the contexts of one mode."""

    people: People
    database: Database
    clock: Clock
    offers: Offers
    payments: Payments
    checkout: Checkout
    disputes: Disputes
    channels: Channels
    ledger: Ledger
    merchants: Merchants
    """Their stores and terminals; their affairs are `people.merchants`'."""
    merchant_keys: MerchantKeys
    webhooks: Webhooks
    exports: Exports
    public_url: str
    test_kit: TestKit | None = None
    """What there is to try out, where no real money moves."""
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
