"""What does a file look like? Heads, cells, moments in the reader's time. No input, no output, no clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from tael.exports.errors import ExportMalformed
from tael.exports.model import Exportable, Row, Scope

F = TypeVar("F", bound=msgspec.Struct)
_NOT_FILTERS = ("merchant_id", "before", "limit")
MOST_SHEET_ROWS = 1_048_575
"""What a sheet of XLSX holds, below its heads."""


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; refuses `ExportMalformed`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ExportMalformed(
            f"There is no time zone {name[:40]!r}.",
            field="time_zone",
            hint="A name of the IANA database, such as Asia/Shanghai.",
        ) from None


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment as a clock on the reader's wall showed it."""
    return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def chosen(columns: Sequence[str] | None, kind: Exportable) -> list[str]:
    """The columns in the order in which they are wanted; refuses `ExportMalformed`."""
    wanted = list(kind.columns) if columns is None else list(columns)
    for name in wanted:
        if name not in kind.columns:
            raise ExportMalformed(
                f"There is no column {name[:40]!r}.",
                field="columns",
                hint=f"There are {', '.join(kind.columns)}.",
            )
    if not wanted or len(set(wanted)) < len(wanted):
        raise ExportMalformed("Each column once, and at least one.", field="columns")
    return wanted


def heads(columns: Sequence[str], kind: Exportable, time_zone: str) -> list[str]:
    """The first line: a column of moments says in whose time they are."""
    return [f"{name} ({time_zone})" if name in kind.moments else name for name in columns]


def row_of(thing: Any, columns: Sequence[str], kind: Exportable, zone: ZoneInfo) -> Row:
    """A thing as a line."""
    return [kind.columns[name](thing, zone) for name in columns]


def unknown_filters(filters: Mapping[str, object], known: Sequence[str]) -> None:
    """Refuses `ExportMalformed` for the first filter that the list does not have."""
    for name in filters:
        if name not in known:
            raise ExportMalformed(
                f"There is no filter {name[:40]!r}.", field="filters", hint=f"There are {', '.join(known)}."
            )


def filter_of(of: type[F], scope: Scope, *, begun: str, **more: object) -> F:
    """The filter of a list that a scope asks for, nothing newer than the export; refuses `ExportMalformed`.

    begun   the name of the field that says before when a thing was made
    """
    known: Sequence[str] = [name for name in of.__struct_fields__ if name not in _NOT_FILTERS]
    unknown_filters(scope.filters, known)
    fields = {**scope.filters, "merchant_id": scope.merchant_id, **more}
    try:
        wanted = msgspec.convert(fields, of)
    except msgspec.ValidationError as error:
        raise ExportMalformed(f"The filters cannot be used: {error}.", field="filters") from error
    for name in known:
        moment = getattr(wanted, name)
        if isinstance(moment, datetime) and moment.tzinfo is None:
            raise ExportMalformed(f"{name} needs a zone.", field=f"filters.{name}")
    before: datetime | None = getattr(wanted, begun)
    until = scope.until if before is None else min(before, scope.until)
    return msgspec.structs.replace(wanted, **{begun: until})
