"""Whom do the wallet's pages ask?"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from tael.behaviour.api import Behaviour
from tael.checkout.api import Checkout
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database, Transaction
from tael.foundation.http.limits import Limits
from tael.foundation.http.strangers import Strangers
from tael.funding.api import Funding
from tael.identity.api import Identity
from tael.merchants.api import Merchants
from tael.messages.api import Messages
from tael.payments.api import Payments
from tael.standing.api import Standing
from tael.users.api import Users
from tael.verification.api import Verification
from tael.wallets.api import Wallets


class People(msgspec.Struct, frozen=True, kw_only=True):
    """Who users are, what they may do, what they did, what they are told."""

    identity: Identity
    users: Users
    verification: Verification
    standing: Standing
    behaviour: Behaviour
    messages: Messages
    send: Callable[[Transaction, str, str, Mapping[str, str]], Awaitable[None]]
    """Send a user a one-time code, with the words of the act that it confirms, if any."""
    known_of: Callable[[str], Awaitable[Sequence[str]]]
    """What others know of a user: no password is made of that."""
    called: Callable[[str], Awaitable[str]]
    """How a user knows themselves again on the list of a phone's passkeys."""


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """The verbs behind the pages."""

    people: People
    database: Database
    clock: Clock
    wallets: Wallets
    funding: Funding
    payments: Payments
    checkout: Checkout
    merchants: Merchants
    strangers: Strangers
    """Who registers, and asks for codes, is counted."""
    limits: Limits
    rules: DatedRules
    public_url: str

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https, so that cookies go no other way."""
        return self.public_url.startswith("https:")
