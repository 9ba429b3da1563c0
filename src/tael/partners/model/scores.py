"""How good is a channel, in figures? Five parts from 0 to 100, each with the raw figures behind it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from tael.channels.port import Operation, Product


class Part(StrEnum):
    """What is judged."""

    STABILITY = "stability"
    COVERAGE = "coverage"
    SECURITY = "security"
    FEES = "fees"
    EFFORT = "effort"


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much each part counts."""

    stability: int = 35
    coverage: int = 15
    security: int = 20
    fees: int = 20
    effort: int = 10


class WeightsInForce(msgspec.Struct, frozen=True, kw_only=True):
    """Weights with the day from which on they count."""

    id: str
    effective_from: datetime
    weights: Weights
    proposed_by: str
    approved_by: str


class BasketItem(msgspec.Struct, frozen=True, kw_only=True):
    """Some transactions that fees are compared by."""

    product: Product
    card_kind: str | None = None
    operation: Operation = Operation.PAY
    amount_minor: int
    currency: str = "CNY"
    times: int = 1


class PartScore(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a channel's score."""

    score: int | None
    """0 to 100; None if there is nothing to judge by."""
    weight: int
    figures: Mapping[str, int | str | None]
    """What it was reckoned from."""


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """One channel in figures."""

    channel: str
    state: str
    since: datetime
    until: datetime
    total: int | None
    """Of the parts that could be judged, by their weights."""
    complete: bool
    """Whether every part could be judged."""
    parts: Mapping[Part, PartScore]
