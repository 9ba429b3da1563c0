"""Under which address does a page find a file, and how long may a browser keep it?

`/assets/{hash}/{name}`, where the hash is of the content: the address changes whenever the file
does, so a browser may keep what it has for ever. All files are read, hashed and compressed once, at
start; a request is a look-up in a dictionary.
"""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
KEEP_FOR_EVER = "public, max-age=31536000, immutable"


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One file as it goes over the wire."""

    name: str
    digest: str
    """The first 12 hexadecimal digits of the content's SHA-256."""
    media_type: str
    content: bytes
    compressed: bytes | None
    """The content in gzip, if that is smaller."""

    @property
    def address(self) -> str:
        """The path under which pages refer to it."""
        return f"/assets/{self.digest}/{self.name}"


def make_asset(name: str, content: bytes) -> Asset:
    """An asset with its hash, media type and compressed form; `ValueError` for an unknown suffix."""
    suffix = Path(name).suffix
    if suffix not in MEDIA_TYPES:
        raise ValueError(f"{name}: files of the kind {suffix!r} are not served")
    compressed = gzip.compress(content, compresslevel=9, mtime=0)
    return Asset(
        name=name,
        digest=hashlib.sha256(content).hexdigest()[:12],
        media_type=MEDIA_TYPES[suffix],
        content=content,
        compressed=compressed if len(compressed) < len(content) else None,
    )


def collect_assets(folder: Path, bundles: Mapping[str, Sequence[str]] | None = None) -> dict[str, Asset]:
    """The files of `folder` by name; each bundle joins several of them, in order, under one new name."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    for bundle, parts in (bundles or {}).items():
        files[bundle] = b"\n".join(files.pop(part) for part in parts)
    return {name: make_asset(name, content) for name, content in files.items()}
