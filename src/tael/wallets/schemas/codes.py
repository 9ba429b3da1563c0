"""What do codes look like on the wire?"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.wallets.model.codes import PaymentCode, PersonalCode, PersonalCodeKind
from tael.wallets.schemas.fields import AmountMinor, Currency, Note, Strict


class PaymentCodeBody(msgspec.Struct, frozen=True, kw_only=True):
    """What I show at a counter to pay. Keep it to yourself: whoever has it can charge you once."""

    code: Annotated[
        str,
        Meta(
            description="18 digits, to be shown as a barcode and as a QR code",
            examples=["880123456789012345"],
        ),
    ]
    expires_at: Annotated[datetime, Meta(description="When to show the next one")]


class MakePersonalCodeRequest(Strict, frozen=True, kw_only=True):
    """A code by which others pay me."""

    kind: Annotated[
        PersonalCodeKind,
        Meta(
            description="`static`: printed, takes the place of the one before. `dynamic`: on a screen, for a minute",
            examples=["dynamic"],
        ),
    ]
    amount_minor: Annotated[
        AmountMinor | None, Meta(description="What it asks for; of a dynamic one only", examples=[1280])
    ] = None
    currency: Currency = "CNY"
    note: Note = ""


class PersonalCodeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A code by which others pay me."""

    code: Annotated[str, Meta(description="16 letters and digits", examples=["mfrggzdfmztwq2lk"])]
    address: Annotated[
        str,
        Meta(
            description="What its QR code says: any camera opens the page on which it is paid",
            examples=["https://pay.example/wallet/to/mfrggzdfmztwq2lk"],
        ),
    ]
    kind: Annotated[PersonalCodeKind, Meta(description="How it is used", examples=["dynamic"])]
    amount_minor: Annotated[
        int | None, Meta(description="What it asks for; null: the payer says", examples=[1280])
    ]
    currency: Currency
    note: Note
    created_at: Annotated[datetime, Meta(description="When it was made")]
    expires_at: Annotated[datetime | None, Meta(description="null: it is printed", examples=[None])]
    revoked_at: Annotated[datetime | None, Meta(description="Since when it is good no more", examples=[None])]


class PersonalCodesBody(msgspec.Struct, frozen=True, kw_only=True):
    """Some of them."""

    items: Annotated[list[PersonalCodeBody], Meta(description="Newest first")]


def payment_code_body(code: PaymentCode) -> PaymentCodeBody:
    """The same on the wire."""
    return PaymentCodeBody(code=code.code, expires_at=code.expires_at)


def personal_code_body(code: PersonalCode, *, address: str) -> PersonalCodeBody:
    """The same on the wire."""
    return PersonalCodeBody(
        code=code.code,
        address=address,
        kind=code.kind,
        amount_minor=code.amount_minor,
        currency=code.currency,
        note=code.note,
        created_at=code.created_at,
        expires_at=code.expires_at,
        revoked_at=code.revoked_at,
    )
