"""What do webhooks look like on the wire? Requests that are strict, bodies, and the message that is sent."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tael.foundation.printable import PRINTABLE
from tael.webhooks.model import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    DisabledBecause,
    Endpoint,
    EndpointState,
    LoggedEvent,
)

_SHOWN_CHARACTERS = 4_096
_ID = "06dk3vg5m8x4t9c1h2zq7n0rby"

Url = Annotated[
    str,
    Meta(
        min_length=9,
        max_length=1_024,
        description="Where events go: https, a public host, port 443 or from 1024 on",
        examples=["https://shop.example/webhooks"],
    ),
]
Words = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z_.*]+$(?!\n)")]],
    Meta(
        min_length=1,
        max_length=64,
        description="Which events: exact types, all of an object (`payment.*`), or `*`",
        examples=[["payment.captured", "refund.*"]],
    ),
]
Description = Annotated[
    str,
    Meta(
        max_length=128,
        pattern=PRINTABLE,
        description="Your own words, at most 128 printable characters",
        examples=["Production"],
    ),
]
Ordered = Annotated[
    bool,
    Meta(description="Whether an event waits until the one before it about the same payment has arrived"),
]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class CreateEndpointRequest(_Strict, frozen=True, kw_only=True):
    """A new address for events."""

    url: Url
    events: Words
    description: Description = ""
    ordered: Ordered = False


class ChangeEndpointRequest(_Strict, frozen=True, kw_only=True):
    """What shall be otherwise; what is not said stays as it is."""

    url: Url | None = None
    events: Words | None = None
    description: Description | None = None
    ordered: Ordered | None = None


class RotateSecretRequest(_Strict, frozen=True, kw_only=True):
    """How long the old secret signs as well."""

    overlap_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=604_800,
            description="How long both secrets sign, 0 to 604800; a day if you do not say",
            examples=[86_400],
        ),
    ] = 86_400


class NoParticulars(_Strict, frozen=True, kw_only=True):
    """The verb says it all."""


class ResendFailedRequest(_Strict, frozen=True, kw_only=True):
    """What was given up."""

    since: Annotated[
        datetime,
        Meta(
            tz=True, description="Deliveries made at or after this moment", examples=["2026-03-01T00:00:00Z"]
        ),
    ]


class OnEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with what it is about: what a repeat must repeat."""

    id: str
    request: msgspec.Struct


EndpointId = Annotated[str, Meta(description="The endpoint's id", examples=[f"whe_{_ID}"])]
EventId = Annotated[
    str, Meta(description="The event's id; also the header `webhook-id`", examples=[f"evt_{_ID}"])
]
CreatedAt = Annotated[datetime, Meta(tz=True, description="When it was written, in UTC")]
Moment = Annotated[datetime, Meta(tz=True)] | None


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """What an event is about."""

    object: Annotated[
        dict[str, Any],
        Meta(description="The object, as the API showed it when the event was written", examples=[{}]),
    ]


class EventBody(msgspec.Struct, frozen=True, kw_only=True):
    """An event, as it is sent and as the log keeps it."""

    id: EventId
    type: Annotated[str, Meta(description="What happened", examples=["payment.captured"])]
    timestamp: Annotated[datetime, Meta(tz=True, description="When it happened, in UTC")]
    merchant_id: Annotated[str, Meta(description="To whom", examples=[f"mer_{_ID}"])]
    object_id: Annotated[str, Meta(description="To what", examples=[f"pay_{_ID}"])]
    api_version: Annotated[
        str, Meta(description="The version of the API in whose words it is written", examples=["2026-11-22"])
    ]
    created_at: CreatedAt
    data: EventData


class EndpointBody(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint, as merchants see it."""

    id: EndpointId
    url: Annotated[str, Meta(description="Where events go", examples=["https://shop.example/webhooks"])]
    events: Annotated[list[str], Meta(description="Which events", examples=[["payment.*"]])]
    description: Annotated[str, Meta(description="Your own words", examples=["Production"])]
    ordered: Ordered
    state: Annotated[EndpointState, Meta(description="Whether it is sent anything", examples=["enabled"])]
    disabled_because: Annotated[
        DisabledBecause | None,
        Meta(
            description="Why not: you wanted it so, nothing arrived for days, or it answered 410",
            examples=[None],
        ),
    ]
    disabled_at: Annotated[Moment, Meta(description="Since when not", examples=[None])]
    failing_since: Annotated[
        Moment, Meta(description="Since when no event arrived; null if the last one did", examples=[None])
    ]
    failures: Annotated[int, Meta(description="Attempts in a row that failed", examples=[0])]
    secret_made_at: Annotated[datetime, Meta(tz=True, description="Since when this secret signs")]
    previous_secret_until: Annotated[
        Moment, Meta(description="Until when the secret before it signs as well", examples=[None])
    ]
    created_at: CreatedAt


class EndpointWithSecret(EndpointBody, frozen=True, kw_only=True):
    """An endpoint with its secret, which is shown once."""

    secret: Annotated[
        str | None,
        Meta(
            description="What events are signed with; keep it. A repeat of the request tells it again for an hour",
            examples=["whsec_…"],
        ),
    ] = None


class DeliveryBody(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint."""

    id: Annotated[str, Meta(description="The delivery's id", examples=[f"whd_{_ID}"])]
    endpoint_id: EndpointId
    event_id: EventId
    event_type: Annotated[str, Meta(description="What happened", examples=["payment.captured"])]
    object_id: Annotated[str, Meta(description="To what", examples=[f"pay_{_ID}"])]
    state: Annotated[
        DeliveryState, Meta(description="Where it stands; `failed` was given up", examples=["succeeded"])
    ]
    attempts: Annotated[int, Meta(description="How often it was tried", examples=[1])]
    last_status: Annotated[int | None, Meta(description="The HTTP status of the last answer", examples=[200])]
    last_error: Annotated[
        str | None,
        Meta(description="Why the last attempt did not succeed, such as `timeout`", examples=[None]),
    ]
    next_attempt_at: Annotated[Moment, Meta(description="When it is tried next", examples=[None])]
    created_at: CreatedAt
    ended_at: Annotated[Moment, Meta(description="When it arrived or was given up")]


class AttemptBody(msgspec.Struct, frozen=True, kw_only=True):
    """One try to send an event, and what your server answered."""

    started_at: Annotated[datetime, Meta(tz=True, description="When, in UTC")]
    milliseconds: Annotated[int, Meta(description="How long it took", examples=[42])]
    status: Annotated[int | None, Meta(description="The HTTP status", examples=[200])]
    error: Annotated[str | None, Meta(description="Why it did not succeed", examples=[None])]
    headers: Annotated[list[str], Meta(description="Of the answer", examples=[["Content-Type: text/plain"]])]
    body: Annotated[str, Meta(description="The beginning of the answer", examples=["ok"])]


class DeliveryDetailBody(DeliveryBody, frozen=True, kw_only=True):
    """A delivery with its attempts, oldest first."""

    tried: Annotated[list[AttemptBody], Meta(description="Every attempt")]


class ResentBody(msgspec.Struct, frozen=True, kw_only=True):
    """How many are sent again."""

    resent: Annotated[
        int, Meta(description="Deliveries that wait again; at 10,000 there may be more", examples=[12])
    ]


class TestSent(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent."""

    delivery_id: Annotated[str, Meta(description="The delivery's id", examples=[f"whd_{_ID}"])]


def event_body(event: LoggedEvent) -> EventBody:
    """An event on the wire."""
    return EventBody(
        id=event.id,
        type=event.type,
        timestamp=event.happened_at,
        merchant_id=event.merchant_id,
        object_id=event.object_id,
        api_version=event.api_version,
        created_at=event.created_at,
        data=EventData(object=msgspec.json.decode(event.object, type=dict[str, Any])),
    )


class _RawData(msgspec.Struct, frozen=True):
    object: msgspec.Raw


class _RawEvent(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    timestamp: datetime
    merchant_id: str
    object_id: str
    api_version: str
    created_at: datetime
    data: _RawData


def message(event: LoggedEvent) -> bytes:
    """What is sent: an event byte for byte as it is in the log, the same at each attempt."""
    return msgspec.json.encode(
        _RawEvent(
            id=event.id,
            type=event.type,
            timestamp=event.happened_at,
            merchant_id=event.merchant_id,
            object_id=event.object_id,
            api_version=event.api_version,
            created_at=event.created_at,
            data=_RawData(msgspec.Raw(event.object.encode())),
        )
    )


def endpoint_body(endpoint: Endpoint) -> EndpointBody:
    """An endpoint on the wire, without its secret."""
    return EndpointBody(
        id=endpoint.id,
        url=endpoint.url,
        events=list(endpoint.events),
        description=endpoint.description,
        ordered=endpoint.ordered,
        state=endpoint.state,
        disabled_because=endpoint.disabled_because,
        disabled_at=endpoint.disabled_at,
        failing_since=endpoint.failing_since,
        failures=endpoint.failures,
        secret_made_at=endpoint.secret_made_at,
        previous_secret_until=endpoint.previous_until,
        created_at=endpoint.created_at,
    )


def with_secret(body: EndpointBody, secret: str | None) -> EndpointWithSecret:
    """The same, with the secret if it may still be told."""
    return EndpointWithSecret(**msgspec.structs.asdict(body), secret=secret)


def delivery_body(delivery: Delivery) -> DeliveryBody:
    """A delivery on the wire."""
    waits = delivery.state is DeliveryState.PENDING
    return DeliveryBody(
        id=delivery.id,
        endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        object_id=delivery.object_id,
        state=delivery.state,
        attempts=delivery.attempts,
        last_status=delivery.last_status,
        last_error=delivery.last_error,
        next_attempt_at=delivery.next_attempt_at if waits else None,
        created_at=delivery.created_at,
        ended_at=delivery.ended_at,
    )


def delivery_detail_body(delivery: Delivery, attempts: list[DeliveryAttempt]) -> DeliveryDetailBody:
    """A delivery with how it was tried."""
    return DeliveryDetailBody(
        **msgspec.structs.asdict(delivery_body(delivery)), tried=[_attempt_body(each) for each in attempts]
    )


def _attempt_body(attempt: DeliveryAttempt) -> AttemptBody:
    return AttemptBody(
        started_at=attempt.started_at,
        milliseconds=attempt.milliseconds,
        status=attempt.status,
        error=attempt.error,
        headers=attempt.headers.splitlines(),
        body=attempt.body[:_SHOWN_CHARACTERS].decode(errors="replace"),
    )
