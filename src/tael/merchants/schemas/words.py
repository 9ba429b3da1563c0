"""What does a field mean, and how large may it be? The same in every command about merchants."""

from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from tael.foundation.printable import LINES, PRINTABLE
from tael.merchants.errors import MerchantMalformed

R = TypeVar("R")

EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)
"""Between these lie the days that people mean."""
LARGEST_AMOUNT = 10**15

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=PRINTABLE,
        description="1 to 64 printable characters",
        examples=["Blue Teapot"],
    ),
]
Line = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="1 to 200 printable characters",
        examples=["12 Teapot Lane, Hangzhou"],
    ),
]
Note = Annotated[
    str,
    Meta(
        max_length=1_000,
        pattern=LINES,
        description="In your own words, up to 1,000 characters",
        examples=["as agreed"],
    ),
]
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1_000,
        pattern=LINES,
        description="Why, in 1 to 1,000 characters",
        examples=["as spoken on the telephone"],
    ),
]
Day = Annotated[date, Meta(description="A day such as 2026-03-01", examples=["2026-03-01"])]
Moment = Annotated[
    datetime,
    Meta(
        tz=True,
        description="A moment with its offset from UTC, such as 2026-03-01T04:00:00Z",
        examples=["2026-03-01T04:00:00Z"],
    ),
]
AmountMinor = Annotated[
    int, Meta(ge=0, le=LARGEST_AMOUNT, description="In minor units: fen, cents", examples=[10_000])
]
Digest = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="SHA-256, in hexadecimal digits", examples=["0" * 64]),
]
RecordId = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{2,6}_[0-9a-z]{26}$(?!\n)",
        description="An id, as the API gave it",
        examples=["sto_06dk3vg5m8x4t9c1h2zq7n0rby"],
    ),
]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request, or a part of one: a field that is not known is a typing error."""


class Command(Strict, Generic[R], frozen=True):
    """Something that one person may ask for; gives back an `R`."""


def check_days(said: msgspec.Struct) -> None:
    """Refuses `MerchantMalformed` if a day or moment of a command, or of the change in it, is not one that people mean."""
    for field in said.__struct_fields__:
        value = getattr(said, field)
        if isinstance(value, msgspec.Struct):
            check_days(value)
        if isinstance(value, date):  # a moment is a day, too
            day = value.date() if isinstance(value, datetime) else value
            if not EARLIEST <= day < LATEST:
                raise MerchantMalformed(
                    f"{field} is not between {EARLIEST:%Y} and {LATEST:%Y}.",
                    field=field,
                    hint="Is the year what you mean?",
                )
