"""What does a user send and see of what proves who they are? Bodies of the public API. Nothing secret is shown, but once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tael.foundation.printable import PRINTABLE
from tael.identity.model import (
    Confirmation,
    Device,
    Factor,
    Passkey,
    PasskeyQuestion,
    Session,
    SessionKind,
    SmallAmounts,
    Strength,
)

Secret = Annotated[str, Meta(min_length=1, max_length=128, examples=["violet-otter-umbrella"])]
Digits = Annotated[str, Meta(pattern=r"^[0-9]{6}$(?!\n)", examples=["739418"])]
Proof = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=16_384,
        pattern=PRINTABLE,
        description="Digits, or for a passkey what the browser answered, as JSON text",
        examples=["739418"],
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=40, pattern=PRINTABLE, examples=["My phone"])]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class NothingMore(Strict, frozen=True, kw_only=True):
    """Nothing but what the address says."""


class PasswordRequest(Strict, frozen=True, kw_only=True):
    """Another password in the place of the present one."""

    old: Secret
    password: Secret

    def __repr__(self) -> str:
        return "PasswordRequest(…)"


class PaymentPasswordRequest(Strict, frozen=True, kw_only=True):
    """A payment password: the first, or another one."""

    payment_password: Digits
    old: Annotated[Digits | None, Meta(description="The present one", examples=[None])] = None
    password: Annotated[
        Secret | None,
        Meta(description="If it is forgotten: the password with which you sign in", examples=[None]),
    ] = None

    def __repr__(self) -> str:
        return "PaymentPasswordRequest(…)"


class ProofRequest(Strict, frozen=True, kw_only=True):
    """One factor, shown."""

    factor: Literal["payment_password", "passkey", "code", "authenticator"]
    proof: Proof

    def __repr__(self) -> str:
        return f"ProofRequest({self.factor}, …)"


class PasskeyRequest(Strict, frozen=True, kw_only=True):
    """A passkey that a browser has just made."""

    name: Name
    answer: Proof

    def __repr__(self) -> str:
        return "PasskeyRequest(…)"


class NameRequest(Strict, frozen=True, kw_only=True):
    """Another name."""

    name: Name


class AuthenticatorRequest(Strict, frozen=True, kw_only=True):
    """The first code that a new authenticator shows."""

    code: Annotated[str, Meta(pattern=r"^[0-9 ]{6,7}$(?!\n)", examples=["739418"])]

    def __repr__(self) -> str:
        return "AuthenticatorRequest(…)"


class SmallAmountsRequest(Strict, frozen=True, kw_only=True):
    """Up to how much needs no confirmation."""

    most_minor: Annotated[int, Meta(ge=0, le=2**53, description="0: everything is confirmed")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3,5}$(?!\n)", examples=["CNY"])] = "CNY"


class SmallAmountsBody(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody agreed to."""

    most_minor: int
    currency: str
    agreed_at: datetime


class SecurityBody(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody proves who they are."""

    session: str
    is_proven: bool
    """Whether a factor was shown in the last minutes, so that what is sensitive needs no other."""
    is_proven_firmly: bool
    """Whether it is enough to set up and give up what confirms payments: more than a code, or there is nothing more to show."""
    password_changed_at: datetime
    has_payment_password: bool
    has_authenticator: bool
    recovery_codes_left: int
    passkeys: int
    small_amounts: SmallAmountsBody | None


class PasskeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """One passkey."""

    id: str
    name: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


class QuestionBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser is asked."""

    options: dict[str, Any]
    """For `PublicKeyCredential.parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON`."""


class OfferedAuthenticatorBody(msgspec.Struct, frozen=True, kw_only=True):
    """A secret for an authenticator; it counts once its first code was shown."""

    secret: str
    address: str
    """`otpauth://…`, for a QR code."""

    def __repr__(self) -> str:
        return "OfferedAuthenticatorBody(…)"


class RecoveryCodesBody(msgspec.Struct, frozen=True, kw_only=True):
    """Recovery codes."""

    made: int
    secret: Sequence[str] | None = None
    """The codes: in the first answer and nowhere else."""

    def __repr__(self) -> str:
        return f"RecoveryCodesBody({self.made})"


class UserSessionBody(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is signed in."""

    id: str
    kind: SessionKind
    device: str
    """What the browser calls itself."""
    device_id: str | None
    address: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


class DeviceBody(msgspec.Struct, frozen=True, kw_only=True):
    """From where somebody came."""

    id: str
    name: str
    first_seen_at: datetime
    last_seen_at: datetime
    is_trusted: bool
    is_this: bool


class EndedBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is no more."""

    id: str
    ended: int
    """How many sessions have ended."""


class SentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A code is on its way."""

    id: str
    """What it is for."""
    good_for_seconds: int


class ConfirmationBody(msgspec.Struct, frozen=True, kw_only=True):
    """A question about one act, and what it takes."""

    id: str
    words: Mapping[str, str]
    strength: Strength
    missing: Sequence[Sequence[Factor]]
    """Any one of these sets confirms it; nothing: it is confirmed."""
    is_confirmed: bool
    is_used: bool
    expires_at: datetime


def confirmation_body(confirmation: Confirmation) -> ConfirmationBody:
    """A confirmation as its person sees it."""
    return ConfirmationBody(
        id=confirmation.id,
        words=confirmation.words,
        strength=confirmation.strength,
        missing=confirmation.missing,
        is_confirmed=confirmation.confirmed_at is not None,
        is_used=confirmation.used_at is not None,
        expires_at=confirmation.expires_at,
    )


def passkey_body(passkey: Passkey) -> PasskeyBody:
    """A passkey as its holder sees it."""
    return msgspec.convert(passkey, PasskeyBody, from_attributes=True)


def question_body(question: PasskeyQuestion) -> QuestionBody:
    """What a browser is asked."""
    return QuestionBody(options=question.options)


def session_body(session: Session, *, here: Session) -> UserSessionBody:
    """A session; `here`: that of whoever asks."""
    return UserSessionBody(
        id=session.id,
        kind=session.kind,
        device=session.device,
        device_id=session.device_id,
        address=session.address,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        is_this=session.id == here.id,
    )


def device_body(device: Device, *, here: Session) -> DeviceBody:
    """A device; `here`: the session of whoever asks."""
    return DeviceBody(
        id=device.id,
        name=device.name,
        first_seen_at=device.first_seen_at,
        last_seen_at=device.last_seen_at,
        is_trusted=device.trusted_at is not None,
        is_this=device.id == here.device_id,
    )


def small_amounts_body(agreed: SmallAmounts | None) -> SmallAmountsBody | None:
    """An agreement, if there is one."""
    if agreed is None:
        return None
    return SmallAmountsBody(
        most_minor=agreed.most.minor, currency=agreed.most.currency, agreed_at=agreed.agreed_at
    )
