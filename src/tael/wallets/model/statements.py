"""What is a statement of a wallet, and what does it say to whoever holds the paper?"""

from datetime import date, datetime
from enum import StrEnum

import msgspec


class StatementFormat(StrEnum):
    """What the file is."""

    PDF = "pdf"
    XLSX = "xlsx"


class StatementLanguage(StrEnum):
    """In which language it is written."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class StatementState(StrEnum):
    """Where a statement stands. The last two are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class WalletStatement(msgspec.Struct, frozen=True, kw_only=True):
    """What moved a wallet in a period, in a file that others can check."""

    id: str
    user_id: str
    format: StatementFormat
    language: StatementLanguage
    currency: str
    first_day: date
    last_day: date
    """Days of China; both are part of the period."""
    until: datetime
    """The first moment that is no longer in it: after its last day, or when it was asked for."""
    code: str
    """By which it is checked: 20 characters that nobody can guess."""
    state: StatementState
    bills: int | None = None
    """How many stand in it."""
    written: int = 0
    """How many of them are looked up: the progress."""
    holder_shown: str = ""
    """Whose it is, masked."""
    opening_minor: int | None = None
    in_minor: int | None = None
    out_minor: int | None = None
    closing_minor: int | None = None
    file_bytes: int = 0
    sha256: str | None = None
    """Of the file, in hexadecimal."""
    trouble: str | None = None
    """Why it failed, in words for its user."""
    attempts: int = 0
    created_at: datetime
    ended_at: datetime | None = None
    file_until: datetime
    """So long the file is kept."""
    checked_until: datetime
    """So long it can be checked."""

    @property
    def shown_code(self) -> str:
        """The code in groups, as it stands on the paper: `7ZK2M-4Q9TB-X0C5H-J8RWD`."""
        return "-".join(self.code[begin : begin + 5] for begin in range(0, len(self.code), 5))


class CreateStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A user's wish for a statement."""

    user_id: str
    format: StatementFormat
    language: StatementLanguage
    currency: str
    first_day: date
    last_day: date
