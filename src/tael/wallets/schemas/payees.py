"""What does a payer see of a payee?"""

from typing import Annotated

import msgspec
from msgspec import Meta

from tael.wallets.schemas.fields import Strict


class FindPayeeRequest(Strict, frozen=True, kw_only=True):
    """Whom to pay."""

    payee: Annotated[
        Annotated[str, Meta(min_length=1, max_length=256)],
        Meta(description="A telephone number, a user's id, or a personal code", examples=["13812341234"]),
    ]


class PayeeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A payee, masked: enough to see that it is the right one."""

    payee: Annotated[
        str,
        Meta(
            description="To be sent as `payee`: the code by which they were found, or else their id",
            examples=["usr_01h455vb4pex5vsknk084sn02q"],
        ),
    ]
    name: Annotated[
        str,
        Meta(
            description="The family name is hidden; of a name in letters, all but the first of each word",
            examples=["*明"],
        ),
    ]
    phone: Annotated[str, Meta(description="Masked", examples=["138****1234"])]
    verified: Annotated[bool, Meta(description="Whether we know who it is", examples=[True])]
    name_check: Annotated[
        bool,
        Meta(
            description="Whether a large amount needs `name_check`: nothing of yours has arrived there, or only lately",
            examples=[False],
        ),
    ]
