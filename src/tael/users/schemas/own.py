"""What does a user ask about themselves?"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from tael.foundation.identity_documents import DocumentKind
from tael.foundation.printable import PRINTABLE
from tael.users.model import Purpose
from tael.users.schemas.words import AcceptedText, Code, Digest, Language, Note, Phone, Strict, Version
from tael.verification.model import SourceName


class LanguageRequest(Strict, frozen=True, kw_only=True):
    """In which language we speak to you."""

    language: Language


class AcceptRequest(Strict, frozen=True, kw_only=True):
    """Texts that are accepted."""

    agreements: Annotated[tuple[AcceptedText, ...], Meta(min_length=1, max_length=10)]
    language: Language = "zh-CN"


class ConsentRequest(Strict, frozen=True, kw_only=True):
    """A consent of its own, given or withdrawn."""

    purpose: Purpose
    given: Annotated[bool, Meta(description="False withdraws it")]
    version: Version
    digest: Digest
    language: Language = "zh-CN"


class DocumentGiven(Strict, frozen=True, kw_only=True):
    """An identity document as it lies before you."""

    kind: DocumentKind
    number: Annotated[
        str, Meta(min_length=5, max_length=32, pattern=PRINTABLE, examples=["110101199003070038"])
    ]
    issued_by: Annotated[str, Meta(pattern=r"^[A-Za-z]{1,3}$", description="The state", examples=["CHN"])] = (
        "CHN"
    )
    valid_until: Annotated[
        date | None, Meta(description="Its last day; null: without an end", examples=[None])
    ] = None

    def __repr__(self) -> str:
        return "DocumentGiven(…)"


class IdentityRequest(Strict, frozen=True, kw_only=True):
    """Who you are."""

    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=PRINTABLE, examples=["李小明"])]
    document: DocumentGiven

    def __repr__(self) -> str:
        return "IdentityRequest(…)"


class CorrectionRequest(Strict, frozen=True, kw_only=True):
    """What is wrong about you, and what is right; two people look at it."""

    name: Annotated[
        Annotated[str, Meta(min_length=1, max_length=64, pattern=PRINTABLE)] | None, Meta(examples=[None])
    ] = None
    document: DocumentGiven | None = None
    words: Note

    def __repr__(self) -> str:
        return "CorrectionRequest(…)"


class VerificationRequest(Strict, frozen=True, kw_only=True):
    """Which source is asked, and what it needs besides name, document and number."""

    source: SourceName
    card_token: Annotated[
        str, Meta(max_length=128, pattern=PRINTABLE, description="Of our vault's card fields, for the bank")
    ] = ""
    card_last4: Annotated[str, Meta(pattern=r"^([0-9]{4})?$", examples=[""])] = ""
    front: Annotated[bytes, Meta(max_length=1_500_000, description="Picture of the document, base64")] = b""
    back: Annotated[bytes, Meta(max_length=1_500_000)] = b""
    face: Annotated[bytes, Meta(max_length=1_500_000)] = b""

    def __repr__(self) -> str:
        return f"VerificationRequest({self.source})"


class PhoneCodesRequest(Strict, frozen=True, kw_only=True):
    """To which number you change: codes go to it, and to the old one."""

    phone: Phone


class PhoneRequest(Strict, frozen=True, kw_only=True):
    """The new number, with proof that it is yours and that you are you."""

    phone: Phone
    code: Code
    old_code: Annotated[
        Code | None, Meta(description="Sent to the old number; null if that is lost", examples=[None])
    ] = None

    def __repr__(self) -> str:
        return "PhoneRequest(…)"


class DataRequestRequest(Strict, frozen=True, kw_only=True):
    """What you want of your personal information."""

    kind: Annotated[Literal["export", "deletion"], Meta(description="A copy, or its end")]


class WithdrawReviewRequest(Strict, frozen=True, kw_only=True):
    """Taking back what one asked for needs no particulars."""
