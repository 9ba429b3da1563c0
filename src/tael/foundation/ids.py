"""How are things named? `pay_06dk3vg5m8x4t9c1h2zq7n0rby`: a prefix that tells the kind, then a UUIDv7.

The 128 bits of a UUIDv7 (RFC 9562: 48 bits of milliseconds, 74 random bits) are written in 26
lower-case characters of Crockford's base 32, so ids sort by time as text, too; those of one process sort
as they were made. The same text is the id in the API, in the database, in logs and on pages.
"""

import os
import re
from datetime import UTC, datetime
from hashlib import blake2b

from tael.foundation.clock import unix_milliseconds
from tael.foundation.errors import Malformed

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_BODY_LENGTH = 26
_PATTERN = re.compile(rf"[a-z]{{2,6}}_[0-7][{_ALPHABET}]{{{_BODY_LENGTH - 1}}}")
"""26 characters hold 130 bits and an id has 128, so the first character is 7 at most."""


_FIRST = (1 << 73) - 1
_STEP = (1 << 56) - 1
"""The first id of a millisecond leaves the upper half of its 74 random bits to those that count up from it: at least
131,072, more than a process can make in a millisecond."""


class _Sequence:
    """What the ids of one process continue from: those of one millisecond count up, in steps that nobody can guess."""

    def __init__(self) -> None:
        self._milliseconds = 0
        self._random = 0

    def advance(self) -> tuple[int, int]:
        """The milliseconds and the random bits of the next id."""
        milliseconds = unix_milliseconds()
        random = int.from_bytes(os.urandom(10), "big")
        if milliseconds == self._milliseconds:
            self._random += 1 + (random & _STEP)
        else:
            self._milliseconds, self._random = milliseconds, random & _FIRST
        return milliseconds, self._random


_sequence = _Sequence()


def new_id(prefix: str) -> str:
    """A new id of the kind `prefix`, later than those that this process made before, as long as its clock does not go back."""
    return _written(prefix, *_sequence.advance())


def derived_id(prefix: str, *, at: datetime, of: str) -> str:
    """The one id of the kind `prefix` of what happened then and is told apart by `of`: the same whoever asks."""
    digest = blake2b(of.encode(), digest_size=10).digest()
    return _written(prefix, int(at.timestamp() * 1000), int.from_bytes(digest, "big") >> 6)


def _written(prefix: str, milliseconds: int, random: int) -> str:
    number = (
        (milliseconds << 80)
        | (0x7 << 76)
        | ((random >> 62) << 64)
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
