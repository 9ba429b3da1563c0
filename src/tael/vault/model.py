"""What are the nouns of the vault?"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """Whose card it is, and how such cards look."""

    name: str
    shown: str
    ranges: tuple[tuple[int, int], ...]
    """From and to in the first digits."""
    lengths: tuple[int, ...]
    """How many digits it may have."""
    security_code: int
    """How many digits its security code has."""


class TokenKind(StrEnum):
    """What lies behind a token."""

    CARD = "card"
    NETWORK_TOKEN = "network_token"  # noqa: S105 - a kind, not a secret
    """A number that the card's network gave out in place of the card's, with a cryptogram."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A card as its payer typed it in. It shows itself to nobody."""

    number: str
    exp_month: int
    exp_year: int
    security_code: str = ""
    holder: str = ""

    def __repr__(self) -> str:
        return "Card(…)"


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What lies sealed behind a token."""

    number: str
    holder: str = ""
    cryptogram: str = ""
    eci: str = ""

    def __repr__(self) -> str:
        return "Secret(…)"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What may be known of a card: at most its first six and last four digits."""

    id: str
    merchant_id: str
    kind: TokenKind
    brand: str
    first6: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str
    created_at: datetime
    expires_at: datetime | None
    """When its card is forgotten unless somebody keeps it; `None` if it is kept."""


class FieldsTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What a page with card fields was opened for."""

    session: str
    merchant_id: str
    origin: str
    """The page that may embed it, and that hears of the token: `https://shop.example`. Empty for a page of its own."""
    return_url: str
    """Where a page of its own leads back to, with the token."""
    ends_at: datetime
    binds: bool = False
    """Whether somebody binds a card of their own, rather than pays at a shop."""


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where a channel's cards may go: an address, or whoever has the private key to a public one."""

    channel: str
    origin: str
    """`https://api.example.com:443`, or `key:` with the SHA-256 of the public key."""
    added_at: datetime
    added_by: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message to a channel, as a connector wrote it: with placeholders."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    largest_answer: int
    card: "CardWanted"


class CardWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Whose card fills it in, and for which order."""

    token: str
    number: str


class Forwarding(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault is asked to send."""

    channel: str
    request: Message
    timeout_seconds: float


class ChannelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, without the card."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Forwarded(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer, why there is none, or why nothing was sent."""

    response: ChannelAnswer | None = None
    no_answer: str = ""
    not_sent: str = ""


class MasterKind(StrEnum):
    """How a master key is kept."""

    FILE = "file"
    CUSTODIANS = "custodians"


class MasterKey(msgspec.Struct, frozen=True, kw_only=True):
    """A master key, without the key."""

    number: int
    kind: MasterKind
    threshold: int
    shares: int
    check_value: bytes
    made_at: datetime
    retired_at: datetime | None = None


class DataKey(msgspec.Struct, frozen=True, kw_only=True):
    """A data key as it is kept: sealed by a master key."""

    id: str
    purpose: str
    """`cards`, or `fingerprints`."""
    master: int
    sealed: bytes
    made_at: datetime


class SealedCard(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed behind a token, and by which data key."""

    id: str
    merchant_id: str
    data_key: str
    sealed: bytes


class VaultState(msgspec.Struct, frozen=True, kw_only=True):
    """How the vault stands."""

    unlocked: bool
    master: int
    kind: MasterKind
    threshold: int
    shares: int
    shares_given: int
    data_keys: int
    cards: int
    resealing: int
    """Data keys that an older master key seals still."""
    handover: bool
    """Whether a new master key waits for its custodians."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a rotation is."""

    left: int


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to which card, and why."""

    at: datetime
    actor: str
    action: str
    token: str | None = None
    channel: str | None = None
    number: str | None = None
    """Of the order."""
    destination: str | None = None
    note: str | None = None
