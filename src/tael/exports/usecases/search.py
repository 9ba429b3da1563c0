"""Find what a text may be about: an id, an order number or its beginning, an amount, a text of the metadata."""

import asyncio
import re
from collections.abc import Mapping, Sequence

from tael.exports.model import Findable, Hit, Question

MOST_HITS = 50
_AMOUNT = re.compile(r"[^\d.,]{0,4}(\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d{1,3}))?")
_EXPONENTS = (0, 2, 3)
"""How many decimals currencies have."""


def amounts_in(text: str) -> Sequence[int]:
    """The amounts that a text may stand for, in minor units: `12.80` is 1280 where a currency has two decimals."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return ()
    whole, part = int(match[1].replace(",", "")), match[2] or ""
    fits = (exponent for exponent in _EXPONENTS if len(part) <= exponent)
    amounts = {whole * 10**exponent + int((part or "0").ljust(exponent, "0") or "0") for exponent in fits}
    return sorted(amount for amount in amounts if 0 < amount < 10**15)


async def search(
    kinds: Mapping[str, Findable],
    text: str,
    *,
    merchant_id: str,
    permissions: frozenset[str],
    limit: int,
) -> list[Hit]:
    """What a text may be about, newest first, of the kinds that the caller may read."""
    question = Question(
        merchant_id=merchant_id, text=text.strip(), amounts_minor=amounts_in(text), limit=limit
    )
    found = await asyncio.gather(
        *(kind.find(question) for kind in kinds.values() if kind.permission in permissions)
    )
    hits = sorted((hit for hits in found for hit in hits), key=lambda hit: hit.created_at, reverse=True)
    return hits[:limit]
