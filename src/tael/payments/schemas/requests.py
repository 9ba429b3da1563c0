"""What do merchants send about payments? Strict: what is not known is refused."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tael.channels.port import Product
from tael.foundation.printable import PRINTABLE
from tael.payments.model import (
    CaptureMethod,
)

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
HowToCapture = Annotated[
    CaptureMethod,
    Meta(
        description="`manual`: the money is only held, over channels that can; captures take it",
        examples=["automatic"],
    ),
]


class CreatePaymentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a merchant's server sends to be paid."""

    amount_minor: AmountMinor
    currency: Annotated[str, Meta(description="ISO 4217, three capital letters", examples=["CNY"])]
    reference: Reference
    description: Words
    exponent: Annotated[
        Annotated[int, Meta(ge=0, le=4)] | None,
        Meta(description="How many decimals you think the currency has; refused if it has not", examples=[2]),
    ] = None
    expires_in_seconds: Annotated[
        Annotated[int, Meta(ge=60, le=86_400)] | None,
        Meta(
            description="How long it can be paid, 60 to 86400; 15 minutes if you do not say", examples=[900]
        ),
    ] = None
    return_url: WebAddress | None = None
    metadata: Metadata = {}
    descriptor: Descriptor | None = None
    capture_method: HowToCapture = CaptureMethod.AUTOMATIC


ChannelName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=32,
        pattern=r"^[a-z][a-z0-9_]*$",
        description="The name of a channel in small letters",
        examples=["name_of_channel"],
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
PayerParticular = Annotated[str, Meta(max_length=256, pattern=PRINTABLE, examples=[""])]


class StartAttemptRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which way the payer wants to pay. Name a method, or a channel if you must."""

    method: MethodName | None = None
    channel: ChannelName | None = None
    product: Annotated[
        Product, Meta(description="The scene: a code to scan, a page, an app …", examples=["code"])
    ] = Product.CODE
    payer_id: Annotated[
        PayerParticular, Meta(description="The payer as the wallet knows them, for `jsapi`")
    ] = ""
    payer_code: Annotated[
        PayerParticular, Meta(description="The digits of the code that the payer shows, for `barcode`")
    ] = ""
    card_token: Annotated[
        PayerParticular, Meta(description="The card's token, for `card`; never a card number")
    ] = ""
    payer_address: Annotated[
        Annotated[str, Meta(max_length=45, pattern=r"^[0-9a-fA-F:.]*$")],
        Meta(description="The payer's IP address, where a channel asks for it", examples=[""]),
    ] = ""
    payment_method: Annotated[
        Annotated[str, Meta(max_length=40, pattern=PRINTABLE)] | None,
        Meta(description="A payment method that its payer let you save, instead of a token", examples=[None]),
    ] = None
    mandate: Annotated[
        Annotated[str, Meta(max_length=40, pattern=PRINTABLE)] | None,
        Meta(description="By which the payer has agreed to be charged, for `off_session`", examples=[None]),
    ] = None
    off_session: Annotated[
        bool, Meta(description="Whether the payer is not there; needs a payment method and a mandate")
    ] = False


class ClosePaymentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closing needs no particulars."""


class CreateRefundRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much to give back; everything that is left if no amount is named."""

    amount_minor: AmountMinor | None = None
    note: Annotated[
        str,
        Meta(
            max_length=128,
            pattern=PRINTABLE,
            description="At most 128 printable characters; some channels show them to the payer",
            examples=["One cup was cold"],
        ),
    ] = ""


class CreateCaptureRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of what is held is taken; all that is left if no amount is named."""

    amount_minor: AmountMinor | None = None
    tip_minor: Annotated[
        int, Meta(ge=0, le=10**14, description="What of the amount is a tip", examples=[0])
    ] = 0
    final: Annotated[
        bool,
        Meta(description="Whether what it leaves is released; `false` where several captures are possible"),
    ] = True


class CreateIncrementRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much more is to be held."""

    amount_minor: AmountMinor


class OnPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with the payment it is about: what a repeat must repeat."""

    payment_id: str
    request: msgspec.Struct
