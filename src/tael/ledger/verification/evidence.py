"""What is known of the books outside their database?"""

from pathlib import Path

import msgspec

from tael.ledger.files import ExportedHead

FINDINGS_LIMIT = 20
"""Findings of one check at most: whoever has that many has seen enough."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody with all rights over the database cannot change."""

    keys: frozenset[str]
    """The public keys whose signatures are believed."""
    exported: ExportedHead | None = None
    """The newest head that was exported."""
    archive_folder: Path | None = None
    """Where the files of archived months lie, if they are at hand."""
