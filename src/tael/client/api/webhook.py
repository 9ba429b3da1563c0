"""What can be asked about webhook?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class TestSent(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What was sent."""

    delivery_id: str
    """The delivery's id"""


class Resent(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """How many are sent again."""

    resent: int
    """Deliveries that wait again; at 10,000 there may be more"""


class EventData(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What an event is about."""

    object: dict[str, Any]
    """The object, as the API showed it when the event was written"""


class Event(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An event, as it is sent and as the log keeps it."""

    id: str
    """The event's id; also the header `webhook-id`"""
    type: str
    """What happened"""
    timestamp: datetime
    """When it happened, in UTC"""
    merchant_id: str
    """To whom"""
    object_id: str
    """To what"""
    api_version: str
    """The version of the API in whose words it is written"""
    created_at: datetime
    """When it was written, in UTC"""
    data: EventData


class DeliveryState(Word):
    """Where an event on its way to an endpoint stands."""

    FAILED = "failed"
    PENDING = "pending"
    SUCCEEDED = "succeeded"


class WebhookDelivery(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One event on its way to one endpoint."""

    id: str
    """The delivery's id"""
    endpoint_id: str
    """The endpoint's id"""
    event_id: str
    """The event's id; also the header `webhook-id`"""
    event_type: str
    """What happened"""
    object_id: str
    """To what"""
    state: DeliveryState
    """Where it stands; `failed` was given up"""
    attempts: int
    """How often it was tried"""
    last_status: int | None
    """The HTTP status of the last answer"""
    last_error: str | None
    """Why the last attempt did not succeed, such as `timeout`"""
    next_attempt_at: datetime | None
    """When it is tried next"""
    created_at: datetime
    """When it was written, in UTC"""
    ended_at: datetime | None
    """When it arrived or was given up"""


class EndpointState(Word):
    """Whether an endpoint is sent anything."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    REMOVED = "removed"


class DisabledBecause(Word):
    """Why an endpoint is sent nothing."""

    FAILING = "failing"
    GONE = "gone"
    MERCHANT = "merchant"


class WebhookEndpoint(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An endpoint, as merchants see it."""

    id: str
    """The endpoint's id"""
    url: str
    """Where events go"""
    events: list[str]
    """Which events"""
    description: str
    """Your own words"""
    ordered: bool
    """Whether an event waits until the one before it about the same payment has arrived"""
    state: EndpointState
    """Whether it is sent anything"""
    disabled_because: DisabledBecause | None
    """Why not: you wanted it so, nothing arrived for days, or it answered 410"""
    disabled_at: datetime | None
    """Since when not"""
    failing_since: datetime | None
    """Since when no event arrived; null if the last one did"""
    failures: int
    """Attempts in a row that failed"""
    secret_made_at: datetime
    """Since when this secret signs"""
    previous_secret_until: datetime | None
    """Until when the secret before it signs as well"""
    created_at: datetime
    """When it was written, in UTC"""


class DeliveryAttempt(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One try to send an event, and what your server answered."""

    started_at: datetime
    """When, in UTC"""
    milliseconds: int
    """How long it took"""
    status: int | None
    """The HTTP status"""
    error: str | None
    """Why it did not succeed"""
    headers: list[str]
    """Of the answer"""
    body: str
    """The beginning of the answer"""


class WebhookDeliveryDetail(WebhookDelivery, frozen=True, kw_only=True, omit_defaults=True):
    """A delivery with its attempts, oldest first."""

    tried: list[DeliveryAttempt]
    """Every attempt"""


class WebhookEndpointWithSecret(WebhookEndpoint, frozen=True, kw_only=True, omit_defaults=True):
    """An endpoint with its secret, which is shown once."""

    secret: str | None = None
    """What events are signed with; keep it. A repeat of the request tells it again for an hour"""


class Events(Resource[M]):
    """Events."""

    @operation
    def get(self, event_id: str) -> Call[Event]:
        """Get an event. As it was sent."""
        return read("/v1/events/{event_id}", Event, locals())

    @listing
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        type: str | None = None,
        object_id: str | None = None,
        created_from: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Call[Page[Event]]:
        """List events. Newest first, whether or not an endpoint wanted them; the log goes back 30 days or
        more.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `type`: Only those of this type, such as `payment.captured`, or of an object: `payment.*`.
        `object_id`: Only those about this object: the id of a payment, a refund …. `created_from`: Only those
        written at or after this moment, such as 2026-03-01T00:00:00Z. `created_before`: Only those written
        before this moment, such as 2026-04-01T00:00:00Z.
        """
        return read("/v1/events", Page[Event], locals())


class WebhookEndpoints(Resource[M]):
    """Webhooks."""

    @operation
    def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        description: str | None = None,
        ordered: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Call[WebhookEndpointWithSecret]:
        """Create an endpoint. Its secret is in this answer and in no other.

        `url`: Where events go: https, a public host, port 443 or from 1024 on. `events`: Which events: exact
        types, all of an object (`payment.*`), or `*`. `description`: Your own words, at most 128 printable
        characters. `ordered`: Whether an event waits until the one before it about the same payment has
        arrived.
        """
        return change("/v1/webhook_endpoints", WebhookEndpointWithSecret, locals())

    @operation
    def get(self, endpoint_id: str) -> Call[WebhookEndpoint]:
        """Get an endpoint. Without its secret."""
        return read("/v1/webhook_endpoints/{endpoint_id}", WebhookEndpoint, locals())

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[WebhookEndpoint]]:
        """List endpoints. Newest first.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/webhook_endpoints", Page[WebhookEndpoint], locals())

    @operation
    def change(
        self,
        endpoint_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        ordered: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Call[WebhookEndpoint]:
        """Change an endpoint. What you do not name stays as it is."""
        return change("/v1/webhook_endpoints/{endpoint_id}/change", WebhookEndpoint, locals())

    @operation
    def rotate_secret(
        self, endpoint_id: str, *, overlap_seconds: int | None = None, idempotency_key: str | None = None
    ) -> Call[WebhookEndpointWithSecret]:
        """Rotate an endpoint's secret. For a while both sign, so that you can change yours without missing
        anything.

        `overlap_seconds`: How long both secrets sign, 0 to 604800; a day if you do not say.
        """
        return change(
            "/v1/webhook_endpoints/{endpoint_id}/rotate_secret", WebhookEndpointWithSecret, locals()
        )

    @operation
    def test(self, endpoint_id: str, *, idempotency_key: str | None = None) -> Call[TestSent]:
        """Send a test event. To this endpoint alone; look at the delivery to see how it went."""
        return change("/v1/webhook_endpoints/{endpoint_id}/test", TestSent, locals())

    @operation
    def enable(self, endpoint_id: str, *, idempotency_key: str | None = None) -> Call[WebhookEndpoint]:
        """Enable an endpoint. Events that happen from now on are sent to it."""
        return change("/v1/webhook_endpoints/{endpoint_id}/enable", WebhookEndpoint, locals())

    @operation
    def disable(self, endpoint_id: str, *, idempotency_key: str | None = None) -> Call[WebhookEndpoint]:
        """Disable an endpoint. What still waits for it is given up, and can be sent again later."""
        return change("/v1/webhook_endpoints/{endpoint_id}/disable", WebhookEndpoint, locals())

    @operation
    def remove(self, endpoint_id: str, *, idempotency_key: str | None = None) -> Call[WebhookEndpoint]:
        """Remove an endpoint. It is forgotten, and so is its secret."""
        return change("/v1/webhook_endpoints/{endpoint_id}/remove", WebhookEndpoint, locals())

    @operation
    def resend_failed(
        self, endpoint_id: str, *, since: datetime, idempotency_key: str | None = None
    ) -> Call[Resent]:
        """Send again what was given up. All deliveries to an endpoint since a moment, 10,000 at a time.

        `since`: Deliveries made at or after this moment.
        """
        return change("/v1/webhook_endpoints/{endpoint_id}/resend", Resent, locals())


class WebhookDeliveries(Resource[M]):
    """Webhooks."""

    @operation
    def get(self, delivery_id: str) -> Call[WebhookDeliveryDetail]:
        """Get a delivery. With every attempt, and what your server answered."""
        return read("/v1/webhook_deliveries/{delivery_id}", WebhookDeliveryDetail, locals())

    @listing
    def list(
        self,
        endpoint_id: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: DeliveryState | Literal["failed", "pending", "succeeded"] | None = None,
        event_id: str | None = None,
    ) -> Call[Page[WebhookDelivery]]:
        """List deliveries to an endpoint. Newest first.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page. `state`: Only those in this state: pending, succeeded, failed. `event_id`: Only those of
        this event.
        """
        return read("/v1/webhook_endpoints/{endpoint_id}/deliveries", Page[WebhookDelivery], locals())

    @operation
    def resend(self, delivery_id: str, *, idempotency_key: str | None = None) -> Call[WebhookDelivery]:
        """Send a delivery again. Also one that arrived: with the same `webhook-id`, so that you know it
        again.
        """
        return change("/v1/webhook_deliveries/{delivery_id}/resend", WebhookDelivery, locals())
