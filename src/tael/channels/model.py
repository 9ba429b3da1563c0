"""What are the nouns of channels, beside the language of the port?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
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


class CertificateInUse(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that a channel is told, ours or the channel's, as it says itself."""

    field: str
    """Of the settings or credentials."""
    subject: str
    serial: str
    fingerprint: str
    """SHA-256 of the certificate, in hexadecimal digits."""
    starts_at: datetime
    ends_at: datetime


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why the newest configuration of a channel is not in use here."""

    channel: str
    connector: str
    number: int
    reason: str
    tried_at: datetime


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal would change, without secrets: what whoever decides has to see."""

    channel: str
    connector: str
    replaces: int
    """The newest configuration when it was proposed; 0 if the channel was new."""
    overtaken: bool
    """Whether another has come since: then it cannot be approved any more."""
    settings_before: Mapping[str, Any]
    settings: Mapping[str, Any]
    credentials_changed: Sequence[str]
    """The names of those that are new, other or gone."""
    credentials_known_before: Mapping[str, Sequence[str]]
    """What anybody may know of credentials, by their names: fingerprints of public keys, an address that receives."""
    credentials_known: Mapping[str, Sequence[str]]
    addresses_before: Sequence[str]
    """Where the channel leads now: scheme and host of whomever it talks to, and the networks behind them."""
    addresses: Sequence[str]
    simulated: bool
    """Whether it would move no real money."""
    certificates: Sequence[CertificateInUse]
    trouble: str | None
    """Why it cannot be used today, if so."""


class CallSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How one call went, for whoever watches the channels' health."""

    channel: str
    operation: Operation
    state: OutcomeState
    error_class: ErrorClass | None
    seconds: float


class ExchangeKind(StrEnum):
    """On what occasion something was said."""

    CALL = "call"
    """We asked about one order or payout."""
    NOTICE = "notice"
    """The channel told us by itself."""
    FEED = "feed"
    """We fetched what it has to tell."""
    BILL = "bill"
    """We fetched its record of a day."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of a conversation, masked."""

    id: str
    """Made when it was said: later ones sort after it."""
    at: datetime
    channel: str
    kind: ExchangeKind
    operation: str
    number: str
    """Ours, of the order or payout; empty if it is about none."""
    state: str
    """What the conversation came to, at its last turn: an `OutcomeState`, or `refused`."""
    error_class: str | None = None
    code: str | None = None
    message: str | None = None
    milliseconds: int = 0
    said: str = ""
    heard: str = ""


class ExchangeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which exchanges to list, newest first; `before` is the id where the last page ended."""

    numbers: Sequence[str] | None = None
    """Of orders and payouts."""
    channel: str | None = None
    kind: ExchangeKind | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Not this moment itself."""
    before: str | None = None
    limit: int = 50


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
