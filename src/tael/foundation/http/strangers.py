"""How much may strangers write? So much for each network from which they come.

Whoever has no key and no session may sign up, begin payments and type in cards: public pages write for them. One network,
an address of IPv4 or a /64 of IPv6, has a bucket for each of these deeds (`limits`), the same for all processes. Many
payers share an address behind a NAT, so the rates for paying are generous; they are settings.
"""

from collections.abc import Mapping
from enum import StrEnum

from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database
from tael.foundation.errors import Throttled
from tael.foundation.http.limits import Limits, Rate
from tael.foundation.http.permissions import Connection
from tael.foundation.networks import network_of

_MINUTE, _HOUR = 60, 3_600
_WRONG_STAFF_KEYS = Rate(20, 10 * _MINUTE)
_STATEMENTS_CHECKED = Rate(60, _MINUTE)


class TooMuchFromNetwork(Throttled):
    """From the network of the caller came more than is taken from one. Nothing happened."""

    code = "network_limited"


class Deed(StrEnum):
    """What strangers do that is counted."""

    SIGN_UP = "sign_up"
    VISIT = "visit"
    """Come by a payment link or a static code: a session begins."""
    ATTEMPT = "attempt"
    """Begin to pay, by a code, a page or a card: an attempt at a channel."""
    CARD = "card"
    """Give a card to the vault."""
    DISCOUNT = "discount"
    """Begin to pay with a discount in a session that a stranger began: until it is paid or ends, the discount is held."""

    USER_CODE = "user_code"
    """Ask for a one-time code to a telephone number, to register or for a new password: each costs money. Or show one for a new
    password: each costs as much work as a sign-up."""

    STATEMENT = "statement"
    """Check a statement by the code on the paper."""

    STAFF_SIGN_IN = "staff_sign_in"
    """Show a key at the console's door; a right one is given back."""


class Strangers:
    """The buckets of all networks, as one process gives out their tokens."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._limits = Limits(database, clock)
        self._rates = rates_of(settings)

    async def take(self, address: str, deed: Deed) -> None:
        """Count a deed on the network of an address; refuses `TooMuchFromNetwork`."""
        rate = self._rates[deed]
        taken = await self._limits.ask(_bucket(address, deed), rate)
        if taken.wait_seconds:
            raise TooMuchFromNetwork(
                f"From your network came more than {rate.tokens} of these in {rate.seconds} seconds.",
                hint=f"Nothing happened. Try again after {taken.wait_seconds} seconds.",
                retry_after_seconds=taken.wait_seconds,
            )

    def give_back(self, address: str, deed: Deed) -> None:
        """Count a deed no more: it was somebody whom we know."""
        self._limits.give_back(_bucket(address, deed))

    async def forget_full(self) -> None:
        """Forget buckets of keys and networks that nobody used for long: they begin full."""
        await self._limits.forget_full()


def _bucket(address: str, deed: Deed) -> str:
    return f"network:{network_of(address)} {deed}"


def rates_of(settings: Settings) -> Mapping[Deed, Rate]:
    """How much of each is taken from one network."""
    paying = Rate(settings.network_payments_per_minute, _MINUTE)
    return {
        Deed.SIGN_UP: Rate(settings.network_sign_ups_per_hour, _HOUR),
        Deed.VISIT: paying,
        Deed.ATTEMPT: paying,
        Deed.CARD: paying,
        Deed.DISCOUNT: Rate(settings.network_discounts_per_hour, _HOUR),
        Deed.USER_CODE: Rate(settings.network_codes_per_hour, _HOUR),
        Deed.STATEMENT: _STATEMENTS_CHECKED,
        Deed.STAFF_SIGN_IN: _WRONG_STAFF_KEYS,
    }


def address_of(connection: Connection) -> str:
    """From where a request comes; what trusted proxies say of it counts already."""
    return connection.client.host if connection.client else ""
