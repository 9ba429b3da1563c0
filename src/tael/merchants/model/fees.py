"""What does a merchant pay for a captured payment? Terms that never change, named by what they say; plans and promotions.

One rule for every fee: the rate of the amount, rounded half up to a minor unit; plus what is fixed; raised to the
floor; lowered to the cap; and never more than the amount itself.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec

from tael.foundation.money import Money

MILLION = 1_000_000
MILLIONTHS_OF_A_BASIS_POINT = 100
_ID_LENGTH = 26


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What there is to a price beside its rate, in minor units of one currency."""

    fixed_minor: int = 0
    """For each capture, added to the rate."""
    floor_minor: int | None = None
    """Never less than this."""
    cap_minor: int | None = None
    """Never more than this."""


class Price(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one method costs, in any currency."""

    rate_millionths: int
    """Of the amount: 6,000 is 0.6 %, as in the fee tables of partners."""
    limits: Mapping[str, Limits] = {}
    """By currency; a currency that is not here has the rate alone."""

    def fee_of(self, amount: Money) -> Money:
        """The fee on a captured amount, which is not negative."""
        limits = self.limits.get(amount.currency, _NO_LIMITS)
        fee_minor = (amount.minor * self.rate_millionths + MILLION // 2) // MILLION + limits.fixed_minor
        if limits.floor_minor is not None:
            fee_minor = max(fee_minor, limits.floor_minor)
        if limits.cap_minor is not None:
            fee_minor = min(fee_minor, limits.cap_minor)
        return Money(min(fee_minor, amount.minor), amount.currency)


_NO_LIMITS = Limits()


class FeeTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a merchant pays for each method: immutable, and named by content."""

    default: Price
    """For every method that has no price of its own."""
    by_method: Mapping[str, Price] = {}

    def price_of(self, method: str) -> Price:
        """The price of a method: its own, or the default."""
        return self.by_method.get(method, self.default)

    def fee_of(self, amount: Money, method: str) -> Money:
        """The fee on a captured amount that was paid by `method`; never more than the amount."""
        return self.price_of(method).fee_of(amount)


def fee_of(terms: FeeTerms, amount: Money, method: str) -> Money:
    """The fee on a captured amount that was paid by `method`, in its currency."""
    return terms.fee_of(amount, method)


def flat_rate(basis_points: int) -> FeeTerms:
    """Terms of just this rate, whatever the method."""
    return FeeTerms(default=Price(rate_millionths=basis_points * MILLIONTHS_OF_A_BASIS_POINT))


def fee_terms_id(terms: FeeTerms) -> str:
    """The name of terms: the same for the same content, however it was written. Defaults do not count."""
    written = msgspec.json.encode(terms, order="sorted")
    digest = base64.b32hexencode(hashlib.sha256(b"tael fee terms 1\n" + written).digest())
    return f"fee_{digest.decode().lower()[:_ID_LENGTH]}"


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Terms for merchants that captured at least so much last month."""

    from_minor: int
    """In the plan's currency; the first tier begins at 0."""
    terms: FeeTerms


class FeePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A version of what a merchant pays, from a moment until the next version begins."""

    id: str
    merchant_id: str
    effective_from: datetime
    currency: str
    """Of the volumes by which tiers are told apart."""
    tiers: tuple[Tier, ...]
    """By `from_minor`, ascending."""
    proposed_by: str
    approved_by: str
    approved_at: datetime


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """Other prices for a while: they beat the plan."""

    id: str
    merchant_id: str
    name: str
    begins_at: datetime
    ends_at: datetime
    default: Price | None = None
    """For every method; `None`: only for those in `by_method`."""
    by_method: Mapping[str, Price]
    proposed_by: str
    approved_by: str
    approved_at: datetime

    def holds_at(self, moment: datetime) -> bool:
        """Whether it holds at that moment."""
        return self.begins_at <= moment < self.ends_at


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant captured in a calendar month of China, in one currency."""

    month: str
    """`2026-03`"""
    currency: str
    captured_minor: int
    captures: int
