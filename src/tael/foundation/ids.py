"""How are things named? `pay_06dk3vg5m8x4t9c1h2zq7n0rby`: a prefix that tells the kind, then a UUIDv7.

The 128 bits of a UUIDv7 (RFC 9562: 48 bits of milliseconds, 74 random bits) are written in 26
lower-case characters of Crockford's base 32, so ids sort by time as text, too. The same text is the
id in the API, in the database, in logs and on pages.
"""

import os
import re
from datetime import UTC, datetime

from tael.foundation.clock import unix_milliseconds
from tael.foundation.errors import Malformed

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_BODY_LENGTH = 26
_PATTERN = re.compile(rf"[a-z]{{2,6}}_[0-7][{_ALPHABET}]{{{_BODY_LENGTH - 1}}}")
"""26 characters hold 130 bits and an id has 128, so the first character is 7 at most."""


def new_id(prefix: str) -> str:
    """A new id of the kind `prefix`, later than the ids made in earlier milliseconds."""
    random = int.from_bytes(os.urandom(10), "big")
    number = (
        (unix_milliseconds() << 80)
        | (0x7 << 76)
        | ((random >> 68) << 64)
        | (0b10 << 62)
        | (random & 0x3FFF_FFFF_FFFF_FFFF)
    )
    pairs = _PAIRS
    return f"{prefix}_" + "".join([pairs[(number >> shift) & 0x3FF] for shift in range(120, -1, -10)])


def check_id(text: str, *, prefix: str, field: str = "id") -> str:
    """`text` if it is an id of the kind `prefix`; raises `Malformed` that names the field if not."""
    if not _PATTERN.fullmatch(text) or not text.startswith(f"{prefix}_"):
        raise Malformed(
            f"{text[:40]!r} is not an id of the form {prefix}_ and {_BODY_LENGTH} characters.",
            field=field,
            hint="Send the id exactly as the API gave it.",
        )
    return text


def time_of(identity: str) -> datetime:
    """The moment at which an id was made, to the millisecond."""
    number = 0
    for character in identity.rpartition("_")[2]:
        number = number << 5 | _VALUE[character]
    return datetime.fromtimestamp((number >> 80) / 1000, UTC)
