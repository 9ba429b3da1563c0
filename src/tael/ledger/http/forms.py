"""What do the routes of the ledger have in common? Permissions, parameters, how answers are described.

Codes of accounts and ids of entries may hold any printable character: slashes, dots, percent signs. In a path these
would be rewritten by clients and proxies (`..`, `%2F`), so **an account or an entry is named in the query**:
`/v1/account?code=merchant:42:pending&currency=CNY`, `/v1/entry?id=order/42`.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request
from litestar.params import QueryParameter

from tael.foundation.errors import Malformed
from tael.foundation.http.parameters import read_map, read_moment
from tael.foundation.printable import PRINTABLE
from tael.ledger.keys import MAY
from tael.ledger.model import AccountClass, Phase

READ, WRITE, CLOSE = MAY["read"], MAY["write"], MAY["close"]
PERMISSIONS = frozenset(MAY.values())
"""Read the books; open and change accounts and post entries; close periods."""

AnyRequest = Request[Any, Any, Any]

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between which moments the books speak of time: beyond is a typing error, and further beyond an overflow."""

AccountCode = Annotated[
    str,
    QueryParameter(
        name="code",
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="The account's code, such as merchant:42:pending",
    ),
]
AccountCurrency = Annotated[
    str,
    QueryParameter(
        name="currency",
        pattern=r"^[A-Za-z0-9]{1,12}$",
        description="The account's currency, such as CNY: codes are unique within a currency",
    ),
]
EntryIdInQuery = Annotated[
    str,
    QueryParameter(
        name="id",
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="The entry's id, as its author made it",
    ),
]
OfReference = Annotated[
    str | None,
    QueryParameter(
        name="reference",
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="Only entries about this",
    ),
]
OfKind = Annotated[
    str | None,
    QueryParameter(
        name="kind",
        min_length=1,
        max_length=64,
        pattern=PRINTABLE,
        description="Only entries of this kind; together with another filter, or a time of at most 31 days",
    ),
]
InPhase = Annotated[
    Phase | None,
    QueryParameter(
        name="phase",
        description=f"Only entries in this phase: {', '.join(Phase)}; together with another filter, or a time of "
        "at most 31 days",
    ),
]
OfClass = Annotated[
    AccountClass | None,
    QueryParameter(
        name="account_class", description=f"Only accounts of this class: {', '.join(AccountClass)}"
    ),
]
OfAccountCode = Annotated[
    str | None,
    QueryParameter(
        name="code",
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="Only what is about this account; say `currency`, too",
    ),
]
InCurrency = Annotated[
    str | None,
    QueryParameter(name="currency", pattern=r"^[A-Za-z0-9]{1,12}$", description="Only in this currency"),
]
WithPrefix = Annotated[
    str | None,
    QueryParameter(
        name="prefix",
        min_length=1,
        max_length=200,
        pattern=PRINTABLE,
        description="Only accounts whose code begins like this, such as merchant:42:",
    ),
]
WithMetadata = Annotated[
    str | None,
    QueryParameter(
        name="metadata[key]",
        description="Only what has this text under this name in its metadata: `metadata[shop]=north`; several: all of them",
    ),
]
BookedFrom = Annotated[
    str | None,
    QueryParameter(
        format="date-time",
        description="Only what was booked at or after this moment, such as 2026-03-01T00:00:00Z",
    ),
]
BookedBefore = Annotated[
    str | None,
    QueryParameter(
        format="date-time",
        description="Only what was booked before this moment, such as 2026-04-01T00:00:00Z",
    ),
]


def check_moment(moment: datetime | None, *, field: str) -> datetime | None:
    """`moment` if the books can speak of it; refuses `Malformed`."""
    if moment is not None and not EARLIEST <= moment < LATEST:
        raise Malformed(
            f"{field} is not between {EARLIEST:%Y} and {LATEST:%Y}.",
            field=field,
            hint="Is the year what you mean?",
        )
    return moment


def moment_in_query(text: str | None, *, field: str) -> datetime | None:
    """The moment that a parameter of the query names, in UTC; refuses `Malformed`."""
    moment = check_moment(read_moment(text, field=field), field=field)
    return moment.astimezone(UTC) if moment is not None else None


def metadata_in_query(request: AnyRequest) -> dict[str, str] | None:
    """The texts by name that `metadata[name]=text` ask for; refuses `Malformed`."""
    wanted = read_map(request.scope["query_string"], "metadata")
    for key, text in wanted.items():
        if not 1 <= len(key) <= 64 or len(text) > 500 or not (key + text).isprintable():
            raise Malformed(
                "Metadata has names of 1 to 64 and texts of up to 500 printable characters.",
                field=f"metadata[{key[:64]}]",
            )
    return wanted or None


def both_or_neither(code: str | None, currency: str | None) -> tuple[str, str] | None:
    """Code and currency of the account that is asked for; refuses `Malformed` if only one is said."""
    if code is None:
        return None
    if currency is None:
        raise Malformed(
            "An account is named by its code and its currency.",
            field="currency",
            hint="Say both: code=merchant:42:pending&currency=CNY.",
        )
    return code, currency


def number_in_cursor(cursor: str | None) -> int | None:
    """The number that a cursor of ours is; refuses `Malformed`."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18):
        raise Malformed("This is no cursor of ours.", field="cursor", hint=_AS_IT_WAS_GIVEN)
    return int(cursor)


def place_in_cursor(cursor: str | None) -> tuple[int, int] | None:
    """The number and the position that a cursor of ours is; refuses `Malformed`."""
    if cursor is None:
        return None
    no, dot, position = cursor.partition(".")
    if not (dot and position.isascii() and position.isdecimal() and len(position) <= 4):
        raise Malformed("This is no cursor of ours.", field="cursor", hint=_AS_IT_WAS_GIVEN)
    return number_in_cursor(no) or 0, int(position)


_AS_IT_WAS_GIVEN = "Send `next_cursor` of the page before, exactly as it was given."
