"""What do transfers look like on the wire?"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.wallets.model import Transfer, TransferState
from tael.wallets.schemas.fields import AmountMinor, ConfirmationId, Currency, Note, Strict


class SendTransferRequest(Strict, frozen=True, kw_only=True):
    """Money for another user."""

    payee: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)],
        Meta(
            description="A user's id, telephone number, or personal code",
            examples=["usr_01h455vb4pex5vsknk084sn02q"],
        ),
    ]
    amount_minor: AmountMinor
    currency: Currency = "CNY"
    delay_hours: Annotated[
        int, Meta(ge=0, le=72, description="When it arrives: 0 at once, or after 2 or 24 hours", examples=[0])
    ] = 0
    note: Note = ""
    scanned: Annotated[
        bool,
        Meta(
            description="Whether a personal code was read by a camera, in front of the payee", examples=[True]
        ),
    ] = False
    name_check: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(
            description="What is hidden of the payee's name, if it was asked for: the family name, or all of the name",
            examples=["李"],
        ),
    ] = None
    confirmation_id: ConfirmationId = None


class TransferBody(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer as it stands."""

    id: Annotated[
        str, Meta(description="`trf_` and 26 characters", examples=["trf_01h455vb4pex5vsknk084sn02q"])
    ]
    payer_id: Annotated[str, Meta(description="Who sent it", examples=["usr_01h455vb4pex5vsknk084sn02q"])]
    payee_id: Annotated[str, Meta(description="Who receives it", examples=["usr_01h455vb4pex5vsknk084sn02q"])]
    amount_minor: AmountMinor
    currency: Currency
    state: Annotated[TransferState, Meta(description="Where it stands", examples=["arrived"])]
    note: Annotated[str, Meta(description="What both read with it", examples=["Lunch"])]
    created_at: Annotated[datetime, Meta(description="When it was sent")]
    arrives_at: Annotated[
        datetime | None,
        Meta(description="Until when it can be recalled; null: it arrived at once", examples=[None]),
    ]
    ended_at: Annotated[
        datetime | None, Meta(description="When it arrived, was recalled or returned", examples=[None])
    ]
    ended_because: Annotated[
        str | None, Meta(description="Why it was returned, as a code", examples=[None])
    ] = None


class TransfersBody(msgspec.Struct, frozen=True, kw_only=True):
    """Some transfers."""

    items: Annotated[list[TransferBody], Meta(description="Newest first")]


def transfer_body(transfer: Transfer) -> TransferBody:
    """The same on the wire."""
    return TransferBody(
        id=transfer.id,
        payer_id=transfer.payer_id,
        payee_id=transfer.payee_id,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        state=transfer.state,
        note=transfer.note,
        created_at=transfer.created_at,
        arrives_at=transfer.arrives_at,
        ended_at=transfer.ended_at,
        ended_because=transfer.ended_because,
    )
