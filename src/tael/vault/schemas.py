"""What goes through the vault's door, between processes of ours?"""

from collections.abc import Sequence

import msgspec


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question without particulars."""


class AboutToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question about one card."""

    token: str
    merchant_id: str = ""


class By(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who asks for a step that needs no particulars."""

    actor: str


class Share(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A custodian's share."""

    words: str
    actor: str

    def __repr__(self) -> str:
        return "Share(…)"


class NewMaster(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the next master key shall be kept; without shares, as a file."""

    threshold: int = 0
    shares: int = 0
    again: bool = False
    actor: str


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """The words for each custodian, shown this one time."""

    words: Sequence[str]

    def __repr__(self) -> str:
        return "Shares(…)"


class Unlocked(msgspec.Struct, frozen=True, kw_only=True):
    """The number of the master key that a share completed."""

    master: int | None


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the vault takes cards."""

    is_open: bool


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """It is done."""

    number: int = 0


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Of a refusal, what the other side makes of it."""

    code: str
    detail: str
    hint: str | None = None
