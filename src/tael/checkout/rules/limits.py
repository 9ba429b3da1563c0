"""How much may a payer pay by static codes in a day? What the regulator says, by date (`limits.toml`)."""

import hashlib
import tomllib
from datetime import date
from pathlib import Path

import msgspec

from tael.checkout.errors import StaticCodeLimit
from tael.foundation.money import Money


class Limit(msgspec.Struct, frozen=True, kw_only=True, rename={"risk_class": "class"}):
    """One line of the table."""

    risk_class: str
    currency: str
    per_day_minor: int
    effective_from: date
    source: str
    verified: bool


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limit: tuple[Limit, ...]


LIMITS = msgspec.convert(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")), _Table
).limit


def limit_on(day: date, currency: str, *, limits: tuple[Limit, ...] = LIMITS) -> Limit | None:
    """The limit that holds on a day: the newest that has begun; `None` if there is none for the currency."""
    begun = [each for each in limits if each.currency == currency and each.effective_from <= day]
    return max(begun, key=lambda each: each.effective_from, default=None)


def beyond_limit(limit: Limit) -> StaticCodeLimit:
    """The refusal of what goes beyond it."""
    most = Money(limit.per_day_minor, limit.currency)
    return StaticCodeLimit(
        f"By static codes a payer may pay {most} in one day.",
        field="amount_minor",
        hint="Let the cashier show a code for this order, or scan the payer's.",
        limit_minor=limit.per_day_minor,
        currency=limit.currency,
    )


def payer_hash(kind: str, payer: str) -> bytes:
    """What is kept of who pays. `kind` is the method that knows the payer by this id, or `device`."""
    return hashlib.sha256(f"{kind}\n{payer}".encode()).digest()
