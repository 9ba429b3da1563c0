"""What does a field mean, and how large may it be? The same in every request and in every answer."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from tael.foundation.money import MAX_MINOR
from tael.foundation.printable import PRINTABLE
from tael.ledger.model import AccountClass

Code = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="The account's code, 1 to 200 printable characters; colons make a tree",
        examples=["merchant:42:pending"],
    ),
]
Currency = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]{1,12}$(?!\n)",
        description="The currency: 1 to 12 letters and digits",
        examples=["CNY"],
    ),
]
Amount = Annotated[
    int,
    Meta(
        ge=-MAX_MINOR,
        le=MAX_MINOR,
        description="In minor units (fen, cents), a whole number within ±(2^63-1): debits are positive, credits negative",
        examples=[1280],
    ),
]
Unsigned = Annotated[
    int, Meta(ge=1, le=MAX_MINOR, description="In minor units, at least 1, at most 2^63-1", examples=[10_000])
]
EntryId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="Your own id of the entry, 1 to 200 printable characters: booked once, for ever",
        examples=["order-1001:paid"],
    ),
]
Kind = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=PRINTABLE,
        description="What happened, 1 to 64 printable characters",
        examples=["order.paid"],
    ),
]
Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="What it is about, such as an order, 1 to 200 printable characters",
        examples=["order-1001"],
    ),
]
Metadata = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=64, pattern=PRINTABLE)],
        Annotated[str, Meta(max_length=500, pattern=PRINTABLE)],
    ],
    Meta(
        max_length=50,
        description="Up to 50 texts of yours by name: names of 1 to 64 characters, texts of up to 500",
        examples=[{"shop": "north"}],
    ),
]
Moment = Annotated[datetime, Meta(tz=True)]
Floor = Annotated[
    Amount | None,
    Meta(description="The least balance on the normal side: 0 is no overdraft, null no floor", examples=[0]),
]
Ceiling = Annotated[
    Amount | None,
    Meta(description="The greatest balance on the normal side; null: no ceiling", examples=[None]),
]
Class = Annotated[
    AccountClass,
    Meta(description="One of the five classes of double-entry bookkeeping", examples=["liability"]),
]

No = Annotated[
    int,
    Meta(
        description="The entry's number: microseconds since 2000-01-01 UTC at its booking; numbers rise",
        examples=[824_601_600_000_000],
    ),
]
BookedAt = Annotated[datetime, Meta(tz=True, description="When it was booked, in UTC")]
EffectiveAt = Annotated[datetime, Meta(tz=True, description="When it counts, in UTC")]
BalanceAfter = Annotated[
    int | None,
    Meta(
        description="The account's balance after this line, debits less credits; null in a pending entry",
        examples=[1280],
    ),
]
