"""What is known of the books outside their database?"""

from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

FINDINGS_LIMIT = 20
"""Findings of one check at most: whoever has that many has seen enough."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody with all rights over the database cannot change."""

    keys: frozenset[str]
    """The public keys whose signatures are believed."""
    exported: Mapping[int, Collection[bytes]] = {}
    """The heads that were exported, by the numbers of their blocks."""
    archive_folder: Path | None = None
    """Where the files of archived months lie, if they are at hand."""
