"""What can be asked about exports?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class ExportFormat(Word):
    """What the file is."""

    CSV = "csv"
    XLSX = "xlsx"


class ExportState(Word):
    """Where an export stands. The last three are ends."""

    CANCELED = "canceled"
    DONE = "done"
    FAILED = "failed"
    QUEUED = "queued"
    RUNNING = "running"


class Export(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An export, as merchants see it."""

    id: str
    """Its id"""
    kind: str
    """What is in it"""
    format: ExportFormat
    """What the file is"""
    filters: dict[str, Any]
    """As they were asked for"""
    columns: list[str]
    """In their order"""
    time_zone: str
    """In whose time moments are shown"""
    state: ExportState
    """`done`: fetch the file"""
    rows_done: int
    """Lines that are written"""
    rows_total: int | None
    """Lines that were counted as it began; null if nobody counts them"""
    file_bytes: int
    """How long the file is so far"""
    trouble: str | None
    """Why it failed"""
    created_at: datetime
    """When it was asked for; nothing newer is in it"""
    ended_at: datetime | None
    """When it was done, in UTC"""
    expires_at: datetime
    """Until when it is kept"""


class Exports(Resource[M]):
    """Exports."""

    @operation
    def create(
        self,
        *,
        kind: str,
        format: ExportFormat | Literal["csv", "xlsx"] | None = None,
        filters: Mapping[str, str | int | Mapping[str, str]] | None = None,
        columns: Sequence[str] | None = None,
        time_zone: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Export]:
        """Create an export. It is written by and by; it needs the permission to read such lists, too.

        `kind`: `payments`, `refunds`, `disputes` or `movements`. `format`: `csv` or `xlsx`. `filters`: Those
        of the list, by their names. `columns`: Which, and in which order; all if you do not say. `time_zone`:
        In whose time moments are shown: a name of the IANA database.
        """
        return change("/v1/exports", Export, locals())

    @operation
    def get(self, export_id: str) -> Call[Export]:
        """Get an export. To see how far it is."""
        return read("/v1/exports/{export_id}", Export, locals())

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Export]]:
        """List exports. Newest first; send `next_cursor` as `cursor` for the next page.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/exports", Page[Export], locals())

    @operation
    def cancel(self, export_id: str, *, idempotency_key: str | None = None) -> Call[Export]:
        """Cancel an export. One that has ended stays as it is."""
        return change("/v1/exports/{export_id}/cancel", Export, locals())

    @operation
    def get_file(self, export_id: str) -> Call[bytes]:
        """Get the file of an export. As long as it is kept, with the permission to read such lists."""
        return read("/v1/exports/{export_id}/file", bytes, locals())
