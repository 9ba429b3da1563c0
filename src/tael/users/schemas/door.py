"""What is said at the door: registration, sign-in, proof, a new password?"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tael.foundation.printable import PRINTABLE
from tael.users.schemas.words import AcceptedText, Code, Language, Password, Phone, Strict, Token

TrustDevice = Annotated[
    bool, Meta(description="Whether this device is your own: next time the password is enough")
]
DeviceToken = Annotated[
    Token | None,
    Meta(description="As this device got it: it is known again, and not a new one", examples=[None]),
]


class CodeRequest(Strict, frozen=True, kw_only=True):
    """To whom a one-time code is sent, and what for."""

    phone: Phone
    purpose: Annotated[Literal["register", "reset_password"], Meta(description="What it will be used for")]
    language: Language = "zh-CN"


class RegisterRequest(Strict, frozen=True, kw_only=True):
    """A new user."""

    phone: Phone
    code: Code
    password: Password
    agreements: Annotated[tuple[AcceptedText, ...], Meta(min_length=1, max_length=10)]
    language: Language = "zh-CN"

    def __repr__(self) -> str:
        return "RegisterRequest(…)"


class SignInRequest(Strict, frozen=True, kw_only=True):
    """Number and password; with the token of a device that was trusted before."""

    phone: Phone
    password: Password
    device_token: Annotated[Token | None, Meta(description="As this device got it", examples=[None])] = None

    def __repr__(self) -> str:
        return "SignInRequest(…)"


class ProveRequest(Strict, frozen=True, kw_only=True):
    """What makes half a session whole: a code that was sent, or one of the authenticator."""

    session_token: Token
    factor: Annotated[Literal["code", "authenticator"], Meta(description="Which of the factors it is")]
    proof: Annotated[str, Meta(min_length=1, max_length=40, pattern=PRINTABLE, examples=["123456"])]
    trust_device: TrustDevice = False
    device_token: DeviceToken = None

    def __repr__(self) -> str:
        return "ProveRequest(…)"


class PasskeySignInRequest(Strict, frozen=True, kw_only=True):
    """What a passkey answered at the door: it alone says who somebody is, and proves it."""

    question: Annotated[str, Meta(min_length=1, max_length=400, pattern=r"^[0-9a-f]+$", examples=["0a1b…"])]
    answer: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=16_384,
            pattern=PRINTABLE,
            description="What the browser answered, as JSON text",
            examples=['{"id": "…"}'],
        ),
    ]
    trust_device: TrustDevice = False
    device_token: DeviceToken = None

    def __repr__(self) -> str:
        return "PasskeySignInRequest(…)"


class HalfSessionRequest(Strict, frozen=True, kw_only=True):
    """Half a session that needs something."""

    session_token: Token

    def __repr__(self) -> str:
        return "HalfSessionRequest(…)"


class ResetPasswordRequest(Strict, frozen=True, kw_only=True):
    """A new password in place of a forgotten one."""

    phone: Phone
    code: Code
    password: Password

    def __repr__(self) -> str:
        return "ResetPasswordRequest(…)"


class CodeSent(msgspec.Struct, frozen=True, kw_only=True):
    """The same for every number, whoever has it."""

    good_for_seconds: Annotated[int, Meta(examples=[300])]


class SignedInBody(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is at the door, or inside."""

    session_token: Annotated[
        str, Meta(description="For `Authorization: Bearer`, once the session is whole; shown this one time")
    ]
    is_whole: Annotated[bool, Meta(description="Whether it opens anything but the next step")]
    factors: Annotated[list[str], Meta(description="Any one of these makes it whole", examples=[["code"]])]
    user_id: Annotated[str | None, Meta(description="Once the session is whole", examples=[None])]
    device_token: Annotated[
        str | None, Meta(description="To be kept by this device; shown this one time", examples=[None])
    ] = None

    def __repr__(self) -> str:
        return "SignedInBody(…)"
