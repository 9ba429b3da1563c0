"""What do bank cards look like on the wire?"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.printable import PRINTABLE
from tael.funding.model import BankCard, CardState
from tael.funding.schemas.fields import CardToken, Phone, Strict

Address = Annotated[str, Meta(max_length=512, pattern=PRINTABLE)]


class OpenFieldsRequest(Strict, frozen=True, kw_only=True):
    """Where the card fields stand: in a frame of a page, or as a page that leads back."""

    origin: Annotated[Address, Meta(description="The page that embeds them: `https://wallet.example`")] = ""
    return_url: Annotated[
        Address, Meta(description="Where a page of their own leads back to, with `card_token` in the query")
    ] = ""


class FieldsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Card fields of our vault."""

    url: Annotated[str, Meta(description="The page with the fields; good for half an hour")]
    module_url: Annotated[str, Meta(description="The script that embeds them")]


class SendCodeRequest(Strict, frozen=True, kw_only=True):
    """The bank knows another telephone for the card: a code shows that it is yours, too."""

    card_token: CardToken
    phone: Phone


class CodeSentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A code is on its way."""

    phone: Annotated[str, Meta(description="To this number, masked", examples=["138****1234"])]


class BindCardRequest(Strict, frozen=True, kw_only=True):
    """A card of yours. Your name and document are those that you were verified with."""

    card_token: CardToken
    phone: Phone = ""
    code: Annotated[
        str,
        Meta(
            pattern=r"^([0-9]{6})?$(?!\n)",
            description="What was sent to that telephone, if it is not your own",
            examples=["123456"],
        ),
    ] = ""


class BankCardBody(msgspec.Struct, frozen=True, kw_only=True):
    """A bank card of yours, as much as may be shown."""

    id: Annotated[str, Meta(description="The card's id", examples=["bcd_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    state: Annotated[CardState, Meta(description="Where it stands", examples=["bound"])]
    shown: Annotated[str, Meta(description="The number, masked", examples=["622202******1234"])]
    brand: Annotated[str, Meta(description="Whose card it is, by its first digits")]
    issuer: Annotated[str, Meta(description="The bank's code; empty if our table does not say")]
    phone: Annotated[str, Meta(description="The telephone that the bank knows for it, masked")]
    is_default: Annotated[bool, Meta(description="Whether it is proposed first")]
    reason: Annotated[str, Meta(description="Why it was refused; otherwise empty")]
    created_at: Annotated[datetime, Meta(description="When it was added")]
    bound_at: Annotated[datetime | None, Meta(description="When its bank confirmed it")]


class BankCardsBody(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: list[BankCardBody]


def card_body(card: BankCard) -> BankCardBody:
    """A card as its user sees it."""
    return BankCardBody(
        id=card.id,
        state=card.state,
        shown=card.shown,
        brand=card.brand,
        issuer=card.issuer,
        phone=card.phone_shown,
        is_default=card.is_default,
        reason=card.reason,
        created_at=card.created_at,
        bound_at=card.bound_at,
    )
