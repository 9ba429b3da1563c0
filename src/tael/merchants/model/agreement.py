"""What does a merchant sign, and how can anybody see later that it did?"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec


class AgreementVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the agreement between a merchant and the platform."""

    version: str
    """`2026-01`"""
    effective_from: date
    sign_by: date
    """Whoever signed an earlier version signs this one by then."""
    digests: Mapping[str, str]
    """SHA-256 of the text in each language, in hexadecimal digits."""


class AgreementText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a version, as it is signed."""

    version: str
    language: str
    digest: str
    text: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature says. Its JSON, byte for byte, is what we sign."""

    id: str
    merchant_id: str
    merchant_name: str
    version: str
    language: str
    digest: str
    signer_name: str
    signer_title: str
    signed_by: str
    """Whose session or key it was: `member:lgn_…`."""
    remote_address: str
    signed_at: datetime


class SignedAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """A signed version, ready to be kept and verified anywhere: statement, text, and our signature."""

    statement: Statement
    text: str
    statement_json: str
    """Exactly what was signed."""
    signature: str
    """In hexadecimal digits."""
    key: str
    """Our public key as one word: `ed25519:…`."""


class AgreementStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Which version holds, what was signed, and what must be signed by when."""

    current: AgreementVersion
    signed: Sequence[Statement]
    """Newest first."""
    must_sign: bool
    sign_by: date | None
    """The last day for it; `None`: nothing need be signed, or nothing was ever signed."""
