"""What is an order that a merchant has paid by balance, and a refund of it?"""

from datetime import datetime
from enum import StrEnum

import msgspec

from tael.foundation.money import Money
from tael.identity.model import Strength


class OrderState(StrEnum):
    """Where an order stands. All but `waiting` are final."""

    WAITING = "waiting"
    PAID = "paid"
    DECLINED = "declined"
    CLOSED = "closed"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant is to be paid by balance."""

    number: str
    """The payment's number at its channel: an attempt's id."""
    amount_minor: int
    currency: str
    subject: str
    state: OrderState
    user_id: str | None
    """Who paid, or was asked to."""
    reason: str | None
    """The code of the refusal, if it was declined."""
    strength: Strength
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    refunded_minor: int
    return_url: str = ""
    """Where the payer's browser goes on."""
    payee: str = ""
    """Whom it pays, as its payer reads it."""
    static: bool = False
    """Whether its payer came to it by a printed code of the merchant's."""

    @property
    def amount(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount_minor, self.currency)


class OrderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money that a merchant gave back to the wallet; it is written when it is done."""

    number: str
    """The refund's number at its channel."""
    order_number: str
    user_id: str
    amount_minor: int
    currency: str
    reason: str
    refunded_at: datetime

    @property
    def amount(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount_minor, self.currency)
