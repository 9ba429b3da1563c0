"""What are the nouns of webhooks? Event, endpoint, delivery, attempt."""

from datetime import datetime
from enum import StrEnum

import msgspec


class EndpointState(StrEnum):
    """Whether an endpoint is sent anything."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    REMOVED = "removed"
    """Shown to nobody any more."""


class DisabledBecause(StrEnum):
    """Why an endpoint is sent nothing."""

    MERCHANT = "merchant"
    """The merchant wanted it so."""
    FAILING = "failing"
    """Nothing arrived for days, however often it was tried."""
    GONE = "gone"
    """It answered 410: it wants no more."""


class DeliveryState(StrEnum):
    """Where an event on its way to an endpoint stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Given up; it can be sent again by hand."""


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One fact, as a merchant is told it."""

    id: str
    merchant_id: str
    type: str
    """Such as `payment.captured`."""
    object_id: str
    object: str
    """The object as the API showed it when the event was written, in JSON."""
    happened_at: datetime
    api_version: str
    """The version of the API in whose words it is written."""
    created_at: datetime


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An address of a merchant that events are sent to."""

    id: str
    merchant_id: str
    url: str
    events: tuple[str, ...]
    """Which ones: exact types, `payment.*`, or `*`."""
    description: str
    ordered: bool
    """Whether an event waits until the one before it about the same object has arrived; refunds and disputes stand in the line of their payment."""
    state: EndpointState
    disabled_because: DisabledBecause | None
    disabled_at: datetime | None
    secret: bytes
    """Sealed."""
    secret_made_at: datetime
    previous_secret: bytes | None
    """Sealed; signs as well until `previous_until`."""
    previous_until: datetime | None
    failures: int
    """Attempts in a row that did not succeed."""
    failing_since: datetime | None
    """The first of them; none: the last attempt succeeded, or there was none."""
    resting_until: datetime | None
    """Until then it is sent nothing."""
    created_at: datetime


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint."""

    id: str
    merchant_id: str
    endpoint_id: str
    event_id: str
    event_type: str
    object_id: str
    state: DeliveryState
    attempts: int
    """How often it was tried in all."""
    tries: int
    """How often since it was written, or since somebody asked for it to be sent again."""
    next_attempt_at: datetime
    """When it is due; while it is under way, when another may take it over."""
    last_status: int | None
    last_error: str | None
    created_at: datetime
    ended_at: datetime | None


class DeliveryAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to send an event, and what was answered."""

    delivery_id: str
    started_at: datetime
    milliseconds: int
    status: int | None
    """The HTTP status; none: there was no answer."""
    error: str | None
    """Why it did not succeed, in a word; none: it did."""
    headers: str
    """Of the answer, a line each."""
    body: bytes
    """The beginning of the answer."""
