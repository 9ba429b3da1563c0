"""What are the nouns of exports and search?"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from tael.foundation.money import Money


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for, and in whose name."""

    merchant_id: str
    text: str
    amounts_minor: Sequence[int]
    limit: int


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the text may be about."""

    type: Annotated[
        str, Meta(description="What it is: `payment`, `refund`, `dispute`, `customer`", examples=["payment"])
    ]
    id: Annotated[str, Meta(description="Its id", examples=["pay_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    payment_id: Annotated[
        str | None, Meta(description="The payment that it belongs to; none of a customer")
    ] = None
    state: Annotated[str | None, Meta(description="Where it stands", examples=["captured"])] = None
    amount_minor: Annotated[
        int | None, Meta(description="How much it is about, in minor units", examples=[1280])
    ] = None
    currency: Annotated[str | None, Meta(description="ISO 4217", examples=["CNY"])] = None
    reference: Annotated[
        str | None,
        Meta(description="Your own number of the order, or name of the customer", examples=["order-1001"]),
    ] = None
    created_at: Annotated[datetime, Meta(tz=True, description="When it was made, in UTC")]


Finder = Callable[[Question], Awaitable[Sequence[Hit]]]


class Findable(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of thing that can be searched."""

    permission: str
    """Without it nobody finds any."""
    find: Finder


class ExportState(StrEnum):
    """Where an export stands. The last three are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    """The file is there until it expires."""
    FAILED = "failed"
    CANCELED = "canceled"


OPEN = frozenset({ExportState.QUEUED, ExportState.RUNNING})


class ExportFormat(StrEnum):
    """What the file is."""

    CSV = "csv"
    XLSX = "xlsx"


Cell = str | int | Money | None
Row = Sequence[Cell]


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """A list on its way into a file."""

    id: str
    merchant_id: str
    actor: str
    kind: str
    format: ExportFormat
    filters: dict[str, Any]
    """In the words of the list's query."""
    columns: list[str]
    time_zone: str
    """The reader's: moments are shown in it, and the heads of their columns name it."""
    state: ExportState
    rows_total: int | None = None
    """As counted when it began."""
    rows_done: int = 0
    parts: int = 0
    """How many pieces are written."""
    last_id: str | None = None
    """The last object that is written: from there it goes on, whoever was killed meanwhile."""
    file_bytes: int = 0
    trouble: str | None = None
    """Why it failed, in words for its reader."""
    created_at: datetime
    ended_at: datetime | None = None
    expires_at: datetime


class ExportFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which exports of a merchant to list, newest first."""

    merchant_id: str
    before: str | None = None
    limit: int = 50


class MovementFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which movements of a merchant's accounts are wanted, account by account, newest first.

    `before` names the last one of the page before: account, entry and position.
    """

    merchant_id: str
    before: str | None = None
    currency: str | None = None
    booked_from: datetime | None = None
    booked_before: datetime | None = None
    limit: int = 50


class MovementLine(msgspec.Struct, frozen=True, kw_only=True):
    """What moved an account of a merchant. Plus: more is owed to the merchant."""

    id: str
    """Account, entry and position, by their numbers."""
    account: str
    """The last part of the account's code: `pending`, `disputed`."""
    currency: str
    booked_at: datetime
    kind: str
    reference: str
    amount_minor: int
    balance_minor: int | None
    """What was on the account after it."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What of a kind is wanted: a merchant's, with these filters, from before the export began."""

    merchant_id: str
    filters: Mapping[str, Any]
    until: datetime


class Exportable(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of list that can be exported."""

    permission: str
    """What its reader needs besides `exports.write`."""
    columns: Mapping[str, Callable[[Any, ZoneInfo], Cell]]
    """By name, in the order in which they stand if nobody chooses."""
    moments: frozenset[str]
    """The columns that hold moments: their heads name the zone."""
    check: Callable[[Scope], None]
    """Refuses `ExportMalformed` for filters that the list does not have."""
    page: Callable[[Scope, str | None, int], Awaitable[Sequence[Any]]]
    """So many after the one with that id."""
    count: Callable[[Scope], Awaitable[int | None]]
    """How many there are; None if nobody can say cheaply."""
    id_of: Callable[[Any], str]
