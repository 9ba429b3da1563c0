"""What may a merchant's own people ask for? Commands about their application, agreement, settlement, stores."""

from typing import Annotated

from msgspec import Meta

from tael.foundation.printable import PRINTABLE
from tael.merchants.model import (
    ApplicationView,
    BusinessKind,
    Cycle,
    IdKind,
    MerchantDocument,
    MerchantDocumentKind,
    SettlementSettings,
    SignedAgreement,
    Standing,
    Store,
    Terminal,
    TerminalKind,
)
from tael.merchants.schemas.words import (
    AmountMinor,
    Command,
    Digest,
    Line,
    Name,
    Reason,
    RecordId,
    Strict,
)

Region = Annotated[
    str, Meta(pattern=r"^[1-9][0-9]{5}$(?!\n)", description="Code of GB/T 2260", examples=["330106"])
]
Serial = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._:/-]{1,64}$(?!\n)",
        description="What its maker wrote on it",
        examples=["SN-0042"],
    ),
]


class BusinessSection(Strict, frozen=True, kw_only=True):
    """Who applies."""

    kind: BusinessKind
    legal_name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=128,
            pattern=PRINTABLE,
            description="As in the licence",
            examples=["Blue Teapot Ltd."],
        ),
    ]
    credit_code: Annotated[
        str,
        Meta(
            min_length=18,
            max_length=18,
            description="Unified social credit code",
            examples=["91110000600037341L"],
        ),
    ]
    address: Line
    mcc: Annotated[str, Meta(max_length=4, description="Merchant category code", examples=["5499"])]
    website: Annotated[
        str, Meta(max_length=254, description="Where things are sold", examples=["https://teapot.example"])
    ] = ""
    expected_monthly_minor: AmountMinor


class PersonSection(Strict, frozen=True, kw_only=True):
    """Who stands for the merchant before the law."""

    name: Name
    id_kind: IdKind
    id_number: Annotated[
        str,
        Meta(min_length=6, max_length=18, description="Never shown again", examples=["11010519491231002X"]),
    ]


class AccountSection(Strict, frozen=True, kw_only=True):
    """Where the money goes."""

    holder: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=128,
            pattern=PRINTABLE,
            description="As the bank knows it",
            examples=["Blue Teapot Ltd."],
        ),
    ]
    number: Annotated[
        str,
        Meta(
            min_length=8,
            max_length=30,
            description="Answers show the last four digits",
            examples=["6222020200112230"],
        ),
    ]
    bank_name: Name
    bank_code: Annotated[
        str, Meta(max_length=12, description="Twelve digits, or empty", examples=["102100099996"])
    ] = ""


class ContactSection(Strict, frozen=True, kw_only=True):
    """Whom we speak with."""

    name: Name
    email: Annotated[str, Meta(max_length=254, description="E-mail", examples=["li@teapot.example"])]
    phone: Annotated[
        str,
        Meta(
            min_length=7,
            max_length=20,
            description="Answers show the last four digits",
            examples=["+86 571 8888 0000"],
        ),
    ]


class EditApplication(Command[ApplicationView], frozen=True, kw_only=True):
    """Fill in parts of the application. What is not said stays as it is; what is said is checked at once."""

    business: BusinessSection | None = None
    legal_person: PersonSection | None = None
    account: AccountSection | None = None
    contact: ContactSection | None = None


class SubmitApplication(Command[ApplicationView], frozen=True, kw_only=True):
    """Hand the application in for review."""


class TakeApplicationBack(Command[ApplicationView], frozen=True, kw_only=True):
    """Fill in further what was handed in, as long as nobody has begun with the review."""


class UploadDocument(Command[MerchantDocument], frozen=True, kw_only=True):
    """Hand in a document: PDF, PNG or JPEG, up to 4 MB."""

    kind: MerchantDocumentKind
    name: Name
    content: Annotated[bytes, Meta(description="The bytes in base64", examples=["JVBERi0xLjcK"])]


class RemoveDocument(Command[MerchantDocument], frozen=True, kw_only=True):
    """Take a document out of the application. It is kept, and not looked at any more."""


class SignAgreement(Command[SignedAgreement], frozen=True, kw_only=True):
    """Sign the agreement for the merchant."""

    version: Annotated[
        str, Meta(max_length=16, description="As `GET /v1/merchant/agreements` says", examples=["2026-01"])
    ]
    language: Annotated[
        str, Meta(max_length=8, description="`zh-CN` or `en`: the one that you read", examples=["zh-CN"])
    ]
    digest: Digest
    signer_name: Name
    signer_title: Name


class ChangeSettlement(Command[SettlementSettings], frozen=True, kw_only=True):
    """Settle less often, or from a higher amount. What needs a review, such as another account, is proposed instead."""

    cycle: Cycle | None = None
    minimum_minor: AmountMinor | None = None


class CreateStore(Command[Store], frozen=True, kw_only=True):
    """Open a store."""

    name: Name
    address: Line
    region: Region


class EditStore(Command[Store], frozen=True, kw_only=True):
    """Give a store another name or address."""

    name: Name | None = None
    address: Line | None = None
    region: Region | None = None


class CloseStore(Command[Store], frozen=True, kw_only=True):
    """Close a store, and every terminal in it. It stays in the books."""


class CreateTerminal(Command[Terminal], frozen=True, kw_only=True):
    """Set up a terminal in a store."""

    store_id: RecordId
    serial: Serial
    kind: TerminalKind
    name: Name


class EditTerminal(Command[Terminal], frozen=True, kw_only=True):
    """Give a terminal another name, or move it to another store."""

    name: Name | None = None
    store_id: RecordId | None = None


class CloseTerminal(Command[Terminal], frozen=True, kw_only=True):
    """Take a terminal out of use."""


class GiveNotice(Command[Standing], frozen=True, kw_only=True):
    """End the agreement. No new payments from now on; closed after 30 days, once nothing is open."""

    reason: Reason
