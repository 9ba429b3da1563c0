"""What does an API key look like, and what may a merchant be called? No input, no output."""

import hashlib
import re

from tael.merchants.errors import MerchantMalformed

_KEY = re.compile(r"(tael_[a-z2-7]{10})_[a-z2-7]{40}")
LARGEST_FEE_BASIS_POINTS = 1_000
"""10 %: more is a typing error."""


def prefix_of(secret: str) -> str | None:
    """The part of a key that may be shown and logged, or `None` if it is not a key at all."""
    match = _KEY.fullmatch(secret)
    return match[1] if match else None


def hash_of(secret: str) -> bytes:
    """What is kept of a key. Its 200 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def why_malformed(name: str, fee_basis_points: int) -> MerchantMalformed | None:
    """The refusal of a merchant's particulars, or `None`."""
    if not 1 <= len(name.strip()) <= 64 or not name.isprintable():
        return MerchantMalformed("A merchant's name has 1 to 64 printable characters.", field="name")
    if not 0 <= fee_basis_points <= LARGEST_FEE_BASIS_POINTS:
        return MerchantMalformed(
            f"A fee is between 0 and {LARGEST_FEE_BASIS_POINTS} basis points.", field="fee_basis_points"
        )
    return None
