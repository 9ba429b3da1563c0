"""Which words do all requests of users share?"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tael.foundation.printable import LINES, PRINTABLE
from tael.users.model import AgreementName

Language = Annotated[Literal["zh-CN", "en"], Meta(description="In which language we speak to you")]
Phone = Annotated[
    str,
    Meta(
        min_length=5,
        max_length=32,
        pattern=PRINTABLE,
        description="Of mainland China, or with + and its country",
        examples=["13812341234"],
    ),
]
Code = Annotated[
    str, Meta(pattern=r"^[0-9 ]{6,7}$", description="Six digits, as the message says", examples=["123456"])
]
Password = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="At least twelve characters; several words are good",
        examples=["violet-otter-umbrella"],
    ),
]
Digest = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the text, hexadecimal", examples=["0" * 64]),
]
Version = Annotated[str, Meta(max_length=16, pattern=PRINTABLE, examples=["2026-01"])]
Note = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=LINES, description="Why", examples=["seen and compared"])
]
Token = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$", examples=["tael_user_…"])
]
Moment = Annotated[datetime, Meta(tz=True)]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class AcceptedText(Strict, frozen=True, kw_only=True):
    """A text that somebody has read and accepts."""

    agreement: AgreementName
    version: Version
    digest: Digest
