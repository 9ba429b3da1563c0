"""What do requests and answers about exports look like on the wire?"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tael.exports.model import Export, ExportFormat, ExportState
from tael.foundation.calls import Answer

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]


class CreateExportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be in the file."""

    kind: Annotated[
        Name, Meta(description="`payments`, `refunds`, `disputes` or `movements`", examples=["payments"])
    ]
    format: Annotated[ExportFormat, Meta(description="`csv` or `xlsx`")] = ExportFormat.CSV
    filters: Annotated[
        dict[Name, str | int | Annotated[dict[str, str], Meta(max_length=50)]],
        Meta(
            max_length=32,
            description="Those of the list, by their names",
            examples=[{"created_from": "2026-03-01T00:00:00+08:00"}],
        ),
    ] = {}
    columns: Annotated[
        Annotated[list[Name], Meta(min_length=1, max_length=64)] | None,
        Meta(description="Which, and in which order; all if you do not say", examples=[None]),
    ] = None
    time_zone: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            description="In whose time moments are shown: a name of the IANA database",
            examples=["Asia/Shanghai"],
        ),
    ] = "UTC"


class CancelExportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Giving up needs no particulars."""


class OnExport(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with the export it is about: what a repeat must repeat."""

    export_id: str
    request: msgspec.Struct


class ExportBody(msgspec.Struct, frozen=True, kw_only=True):
    """An export, as merchants see it."""

    id: Annotated[str, Meta(description="Its id", examples=["exp_06dk3vg5m8x4t9c1h2zq7n0rc2"])]
    kind: Annotated[str, Meta(description="What is in it", examples=["payments"])]
    format: Annotated[ExportFormat, Meta(description="What the file is")]
    filters: Annotated[dict[str, Any], Meta(description="As they were asked for")]
    columns: Annotated[list[str], Meta(description="In their order")]
    time_zone: Annotated[str, Meta(description="In whose time moments are shown")]
    state: Annotated[ExportState, Meta(description="`done`: fetch the file", examples=["running"])]
    rows_done: Annotated[int, Meta(description="Lines that are written")]
    rows_total: Annotated[
        int | None, Meta(description="Lines that were counted as it began; null if nobody counts them")
    ]
    file_bytes: Annotated[int, Meta(description="How long the file is so far")]
    trouble: Annotated[str | None, Meta(description="Why it failed", examples=[None])]
    created_at: Annotated[
        datetime, Meta(tz=True, description="When it was asked for; nothing newer is in it")
    ]
    ended_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="When it was done, in UTC", examples=[None]),
    ]
    expires_at: Annotated[datetime, Meta(tz=True, description="Until when it is kept")]


def export_body(export: Export) -> ExportBody:
    """An export as merchants see it."""
    return msgspec.convert(export, ExportBody, from_attributes=True)


def export_answer(export: Export) -> Answer:
    """An export as an answer; 202 while it is being written."""
    return Answer(
        status=202 if export.ended_at is None else 200, body=msgspec.json.encode(export_body(export))
    )
