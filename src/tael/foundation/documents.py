"""What is a file that somebody hands in? What its bytes show, whatever was said of it.

Whoever keeps one seals its bytes (`foundation.sealing`), keeps what `look_at` saw beside them, and gives them back to be
saved, never to be shown as a page (`foundation.http.downloads`).
"""

import hashlib
from collections.abc import Mapping

import msgspec

LARGEST_BYTES = 4_000_000
"""Of one file."""
LARGEST_BODY_BYTES = 6_000_000
"""Of a request that hands one in: base64 is a third larger than the bytes."""
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
ENDINGS: Mapping[str, str] = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
"""How a file's name ends, by what it is."""


class Seen(msgspec.Struct, frozen=True):
    """What the bytes of a file show."""

    media_type: str
    size: int
    """In bytes."""
    digest: str
    """SHA-256, in hexadecimal digits."""


def look_at(content: bytes) -> Seen | None:
    """What a file is; `None` if it is neither PDF nor PNG nor JPEG."""
    for magic, media_type in _MAGIC.items():
        if content.startswith(magic):
            return Seen(media_type, len(content), hashlib.sha256(content).hexdigest())
    return None
