"""What are the nouns of channels, beside the language of the port?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tael.channels.port import ErrorClass, Operation, OutcomeState

LATENCY_BOUNDS_MS = (10, 25, 50, 100, 250, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000)
"""Upper bounds of the counts in `Measure.latency`; one more count follows for what took longer."""


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel is spoken to, without its secrets. The highest number is in use."""

    channel: str
    connector: str
    number: int
    settings: Mapping[str, Any]
    proposed_by: str
    approved_by: str
    active_from: datetime


class SealedConfiguration(Configuration, frozen=True, kw_only=True):
    """The same with the credentials, sealed."""

    sealed: bytes


class CallSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How one call went, for whoever watches the channels' health."""

    channel: str
    operation: Operation
    state: OutcomeState
    error_class: ErrorClass | None
    seconds: float


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a conversation, masked."""

    at: datetime
    channel: str
    kind: str
    """`call`, `notice`, `feed` or `bill`."""
    operation: str
    number: str
    """Ours, of the order or payout; empty if it is about none."""
    state: str
    error_class: str | None
    code: str | None
    message: str | None
    milliseconds: int
    said: str
    heard: str


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """How an operation of a channel went in one hour."""

    channel: str
    operation: Operation
    hour: datetime
    calls: int
    by_state: Mapping[str, int]
    by_error: Mapping[str, int]
    """By `ErrorClass`; calls without an error are not in it."""
    latency: Sequence[int]
    """How many calls took up to each of `LATENCY_BOUNDS_MS`, and longer than the last."""


class Unclaimed(msgspec.Struct, frozen=True, kw_only=True):
    """Money that arrived at a channel and that nobody was waiting for."""

    channel: str
    notice_id: str
    channel_reference: str | None
    amount_minor: int | None
    currency: str | None
    payer_hint: str | None
    heard_at: datetime
