"""Which fields do several requests and answers share?"""

from typing import Annotated

import msgspec
from msgspec import Meta


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: what it does not know, it refuses."""


class Nothing(Strict, frozen=True, kw_only=True):
    """It needs no particulars."""


AmountMinor = Annotated[
    int, Meta(ge=1, le=10**12, description="The amount, in minor units", examples=[10000])
]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)", description="ISO 4217", examples=["CNY"])]
CardId = Annotated[
    str, Meta(max_length=40, description="A bank card's id", examples=["bcd_06dk3vg5m8x4t9c1h2zq7n0rby"])
]
ConfirmationId = Annotated[
    str,
    Meta(
        max_length=40,
        description="Of a confirmation of exactly this, which its user has given",
        examples=["cfm_06dk3vg5m8x4t9c1h2zq7n0rby"],
    ),
]
Phone = Annotated[
    str,
    Meta(
        max_length=20,
        pattern=r"^(\+?[0-9 ]{6,19})?$(?!\n)",
        description="The telephone that the bank knows for the card; left out: your own",
        examples=["+8613800001234"],
    ),
]
CardToken = Annotated[
    str,
    Meta(
        max_length=40,
        description="Of the card that was typed into the card fields",
        examples=["tok_06dk3vg5m8x4t9c1h2zq7n0rby"],
    ),
]
