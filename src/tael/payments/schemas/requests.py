"""What do merchants send about payments? Strict: what is not known is refused."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tael.channels.port import Product
from tael.foundation.printable import PRINTABLE
from tael.foundation.words import (
    AmountMinor,
    Descriptor,
    Metadata,
    MethodName,
    Reference,
    WebAddress,
    Words,
)
from tael.payments.model import (
    CaptureMethod,
)

HowToCapture = Annotated[
    CaptureMethod,
    Meta(
        description="`manual`: the money is only held, over channels that can; captures take it",
        examples=["automatic"],
    ),
]


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
PayerParticular = Annotated[str, Meta(max_length=256, pattern=PRINTABLE, examples=[""])]


CouponCode = Annotated[
    str,
    Meta(
        min_length=1, max_length=40, pattern=PRINTABLE, examples=["K7NQ2XAB9T"], description="A coupon's code"
    ),
]
CouponCodes = Annotated[
    tuple[CouponCode, ...],
    Meta(
        max_length=5,
        description="Exactly these coupons: a live attempt with others is given up, and one is made with these",
        examples=[["K7NQ2XAB9T"]],
    ),
]


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
    coupon_codes: CouponCodes | None = None
    shown_discount_minor: Annotated[
        Annotated[int, Meta(ge=0, le=10**14)] | None,
        Meta(
            description="The discount that you showed to the payer: refused if it is another", examples=[None]
        ),
    ] = None


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
    attempt: Annotated[
        StartAttemptRequest | None,
        Meta(
            description="If you know already how the payer pays: the first attempt, begun in the same call. "
            "If it is refused, no payment is made",
            examples=[None],
        ),
    ] = None


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
