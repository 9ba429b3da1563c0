"""What are the nouns of merchants? Merchant, API key."""

from datetime import datetime
from enum import StrEnum

import msgspec


class MerchantState(StrEnum):
    """Whether a merchant may act."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class TeamRole(StrEnum):
    """What somebody does at a merchant."""

    OWNER = "owner"
    """Speaks for the merchant: may do everything."""
    FINANCE = "finance"
    """Looks after the money: refunds, disputes, exports, settlement."""
    DEVELOPER = "developer"
    """Integrates: keys, webhooks, ways of paying."""
    CASHIER = "cashier"
    """Takes payments at a counter."""
    VIEWER = "viewer"
    """Looks, and changes nothing."""


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """A party that is paid."""

    id: str
    name: str
    """As payers see it."""
    state: MerchantState
    fee_basis_points: int
    """The platform's fee on a captured amount, in hundredths of a percent."""
    created_at: datetime


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it can be shown again: without its secret."""

    prefix: str
    merchant_id: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key at the only moment at which its secret is known."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        return f"NewApiKey({self.key.prefix}…)"


class KeyHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind a valid API key."""

    merchant: Merchant
    prefix: str
