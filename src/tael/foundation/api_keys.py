"""What is an API key? A prefix that may be shown and logged, and 200 random bits that are shown once.

`tael_k3vqm2x7ab_` and 40 characters; there may be words before: `tael_ledger_…`, `tael_test_pk_…`. Kept is a hash only:
so many random bits need no slow one. A `KeyRing` says who is behind a key without asking the database at every call.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.memory import Memory

_KEY = re.compile(r"(tael(?:_[a-z]{1,12}){0,2}_[a-z2-7]{10})_[a-z2-7]{40}")
CACHE_SECONDS = 2
"""For so long at most a revoked key may still be let in by a process that has just seen it."""

H = TypeVar("H")


class NewSecret(msgspec.Struct, frozen=True):
    """A key at the only moment at which its secret is known."""

    prefix: str
    secret: str

    def __repr__(self) -> str:
        return f"NewSecret({self.prefix}…)"


def make_secret(word: str = "tael") -> NewSecret:
    """A new key: `word`, ten characters that tell it from others, and forty that only its holder knows."""
    random = base64.b32encode(secrets.token_bytes(32)).decode().lower().rstrip("=")
    prefix = f"{word}_{random[:10]}"
    return NewSecret(prefix, f"{prefix}_{random[10:50]}")


def another_secret(prefix: str) -> str:
    """Another secret for a key that is known by `prefix`."""
    random = base64.b32encode(secrets.token_bytes(25)).decode().lower()
    return f"{prefix}_{random}"


def prefix_of(secret: str) -> str | None:
    """The part of a key that may be shown and logged, or `None` if it is not a key at all."""
    match = _KEY.fullmatch(secret)
    return match[1] if match else None


def hash_of(secret: str) -> bytes:
    """What is kept of a key. Its 200 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def is_hash_of(secret: str, kept: bytes) -> bool:
    """Whether the key is the one that was kept; takes equally long whichever byte is wrong."""
    return hmac.compare_digest(kept, hash_of(secret))


class KeyRing(Generic[H]):
    """Who is behind each key, as it was at most `CACHE_SECONDS` ago, and which keys were used."""

    def __init__(self, clock: Clock, look_up: Callable[[str], Awaitable[H]]) -> None:
        """`look_up` finds the holder of a secret in the database, or raises why it is refused."""
        self._look_up = look_up
        self._holders: Memory[bytes, H] = Memory(clock, seconds=CACHE_SECONDS)
        self._used: set[str] = set()

    async def holder_of(self, secret: str) -> H:
        """Who is behind a key; raises what `look_up` raises."""
        holder = await self._holders.get(hash_of(secret), lambda: self._look_up(secret))
        prefix = prefix_of(secret)
        if prefix is not None:
            self._used.add(prefix)
        return holder

    def take_used(self) -> list[str]:
        """The prefixes of the keys that were used since the last call."""
        used, self._used = self._used, set()
        return sorted(used)
