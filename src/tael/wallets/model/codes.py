"""What is a code that somebody shows: to be paid, or to pay?"""

from datetime import datetime
from enum import StrEnum

import msgspec


class PersonalCodeKind(StrEnum):
    """How a personal code is used."""

    STATIC = "static"
    """Printed: for whoever stands in front of it."""
    DYNAMIC = "dynamic"
    """On a screen, for a short time."""


class PersonalCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a user shows to be paid."""

    code: str
    user_id: str
    kind: PersonalCodeKind
    amount_minor: int | None
    currency: str
    note: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class PaymentCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a user shows at a counter to pay, once."""

    code: str
    expires_at: datetime
    """When the next one is to be shown."""

    def __repr__(self) -> str:
        return "PaymentCode(…)"
