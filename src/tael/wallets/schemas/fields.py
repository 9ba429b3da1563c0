"""Which forms do the fields of requests and bodies have?"""

from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.printable import PRINTABLE

AmountMinor = Annotated[int, Meta(ge=1, le=10**14, description="In minor units (fen)", examples=[1280])]
Currency = Annotated[
    Annotated[str, Meta(pattern="^[A-Z]{3,4}$")], Meta(description="By ISO 4217", examples=["CNY"])
]
Note = Annotated[
    Annotated[str, Meta(max_length=64, pattern=PRINTABLE)],
    Meta(description="What both of you read with it", examples=["Lunch"]),
]
ConfirmationId = Annotated[
    str | None,
    Meta(
        description="The confirmation of exactly this act, `cfm_…`, if it needs one",
        examples=["cfm_01h455vb4pex5vsknk084sn02q"],
    ),
]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""
