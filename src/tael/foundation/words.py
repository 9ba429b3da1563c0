"""In which words do merchants speak about what is to be paid? The types of many requests, with what each may be."""

from typing import Annotated

from msgspec import Meta

from tael.foundation.printable import PRINTABLE

Reference = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=PRINTABLE,
        description="Your own order number, 1 to 64 printable characters",
        examples=["order-1001"],
    ),
]
Words = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=PRINTABLE,
        description="What the payer sees, 1 to 128 printable characters",
        examples=["Two cups of tea"],
    ),
]
WebAddress = Annotated[
    str,
    Meta(
        max_length=512,
        pattern=r"^https?://[^\s\x00-\x1f\x7f]+$(?!\n)",
        description="Where the payer goes next: an http or https address of at most 512 characters",
        examples=["https://shop.example/orders/1001"],
    ),
]
AmountMinor = Annotated[
    int,
    Meta(
        ge=1,
        le=10**14,
        description="Amount in minor units (fen, cents): 1280 is ¥12.80",
        examples=[1280],
    ),
]

MetadataKey = Annotated[str, Meta(min_length=1, max_length=40, pattern=PRINTABLE)]
MetadataValue = Annotated[str, Meta(max_length=500, pattern=PRINTABLE)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Meta(
        max_length=50,
        description="Your own notes, by their names: at most 50, names of at most 40 characters, values of at most 500",
        examples=[{"table": "7"}],
    ),
]
Descriptor = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=22,
        pattern=r"^[A-Za-z][A-Za-z0-9 .-]+$(?!\n)",
        description="What stands on the payer's statement, where the channel can say it: a letter, then letters,"
        " digits, spaces, points and hyphens, 22 characters at most",
        examples=["BLUE TEAPOT"],
    ),
]
MethodName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=32,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="What payers know: `card`, `bank_transfer`, the name of a wallet. The platform chooses the channel",
        examples=["card"],
    ),
]
