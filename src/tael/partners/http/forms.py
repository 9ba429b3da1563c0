"""What do the routes of partners have in common? Permissions, names in addresses, pages."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request
from litestar.params import PathParameter, QueryParameter

from tael.foundation.errors import Malformed
from tael.foundation.http.parameters import read_moment
from tael.partners.errors import NoSuchPartner, NoSuchRecord
from tael.partners.model import Deadline
from tael.partners.schemas.words import EARLIEST, LATEST

READ, CHANGE, APPROVE = "partners.read", "partners.change", "partners.approve"
PERMISSIONS = frozenset({READ, CHANGE, APPROVE})

AnyRequest = Request[Any, Any, Any]

ChannelName = Annotated[str, PathParameter(description="The channel's name, such as `alpha`")]
RecordName = Annotated[str, PathParameter(description="The id, as the API gave it")]
OfChannel = Annotated[
    str | None,
    QueryParameter(name="channel", pattern=r"^[a-z0-9_]{1,40}$(?!\n)", description="Only of this channel"),
]

AfterDeadline = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^[A-Za-z0-9_:.~-]{1,120}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]

_CHANNEL = re.compile(r"[a-z][a-z0-9_]{1,31}")
_ID = re.compile(r"[a-z]{2,6}_[0-9a-z]{26}")


def channel_in_path(text: str) -> str:
    """A channel's name; refuses `NoSuchPartner` what cannot be one."""
    if not _CHANNEL.fullmatch(text):
        raise NoSuchPartner(f"Nobody has begun with the channel {text[:40]!r}.", field="channel")
    return text


def about_in_path(text: str) -> str:
    """A channel's name, or `*` for all of them."""
    return text if text == "*" else channel_in_path(text)


def id_in_path(text: str) -> str:
    """An id; refuses `NoSuchRecord` what cannot be one."""
    if not _ID.fullmatch(text):
        raise NoSuchRecord(f"There is nothing with the id {text[:40]!r}.", field="id")
    return text


def moment_in_query(text: str | None, *, field: str) -> datetime | None:
    """The moment that a parameter names, in UTC; refuses `Malformed`."""
    moment = read_moment(text, field=field)
    if moment is None:
        return None
    if not EARLIEST <= moment.date() < LATEST:
        raise Malformed(f"{field} is not between {EARLIEST:%Y} and {LATEST:%Y}.", field=field)
    return moment.astimezone(UTC)


def cursor_of(deadline: Deadline) -> str:
    """Where the next page of deadlines begins."""
    return f"{deadline.due_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{deadline.kind}~{deadline.object_id}"


def deadline_in_cursor(cursor: str | None) -> tuple[datetime, str, str] | None:
    """Day, kind and id of the deadline that a cursor of ours names; refuses `Malformed`."""
    if cursor is None:
        return None
    due, *rest = cursor.split("~")
    moment = moment_in_query(due, field="cursor")
    if moment is None or len(rest) != 2:
        raise Malformed("This is no cursor of ours.", field="cursor")
    return moment, rest[0], rest[1]
