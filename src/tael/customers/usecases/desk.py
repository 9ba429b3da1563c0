"""What does every verb of customers need? Whose they are, the hour, the transaction, and the vault."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from tael.customers.errors import NoSuchPaymentMethod
from tael.customers.schemas import Strict
from tael.foundation.clock import Clock
from tael.foundation.db import Transaction
from tael.foundation.errors import NotFound
from tael.foundation.sealing import Sealer


class KnownCard(Protocol):
    """What may be known of a card in our vault."""

    @property
    def merchant_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def brand(self) -> str:
        """`visa`."""
        ...

    @property
    def first6(self) -> str:
        """Its first six digits."""
        ...

    @property
    def last4(self) -> str:
        """Its last four digits."""
        ...

    @property
    def exp_month(self) -> int:
        """Until which month it is valid."""
        ...

    @property
    def exp_year(self) -> int:
        """Until which year it is valid."""
        ...


class Cards(Protocol):
    """What customers ask of the vault."""

    async def describe(self, token: str) -> KnownCard:
        """What may be known of a card; refuses `NotFound`, `Unavailable`."""
        ...

    async def keep(self, token: str, *, merchant_id: str) -> None:
        """Keep a card until it is forgotten."""
        ...

    async def forget(self, token: str, *, merchant_id: str) -> None:
        """Forget a card for good."""
        ...

    def fields_address(self, *, merchant_id: str, origin: str = "", return_url: str = "") -> str:
        """The address of a page with card fields."""
        ...


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A command from outside: whose it is, and what it is about."""

    merchant_id: str
    about: str
    command: Strict


class Desk(msgspec.Struct, frozen=True):
    """The parts."""

    clock: Clock
    sealer: Sealer
    cards: Cards
    is_of_our_vault: Callable[[str], bool]

    async def card_of(self, token: str, *, merchant_id: str) -> KnownCard:
        """A merchant's card in our vault; refuses `NoSuchPaymentMethod`, also for another merchant's."""
        try:
            card = await self.cards.describe(token)
        except NotFound:
            card = None
        if card is None or card.merchant_id != merchant_id:
            raise NoSuchPaymentMethod(f"There is no card behind {token[:40]}.", field="card_token")
        return card


class Doing(msgspec.Struct, frozen=True):
    """One verb at work."""

    desk: Desk
    tx: Transaction
    asked: Asked
