"""What follows from an attempt? The delivery ended or waits, and the endpoint is well, rests, or is disabled.

Many attempts in one transaction. Recorded twice, after a COMMIT in doubt, they count once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.telemetry import WEBHOOK_DISABLED
from tael.webhooks import store
from tael.webhooks.events import EndpointDisabled
from tael.webhooks.model import DeliveryAttempt, DeliveryState, Endpoint, EndpointState
from tael.webhooks.rules.retries import Health, Tried, health_after, next_try_at
from tael.webhooks.store import Parcel, Standing, TryEnd
from tael.webhooks.transport import Heard


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long is gone on with deliveries and endpoints that fail."""

    pauses: Sequence[float]
    failing_days: int


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, as it ended."""

    parcel: Parcel
    started_at: datetime
    heard: Heard
    chance: float
    """From 0 to 1; makes the pause after it a little longer."""

    @property
    def succeeded(self) -> bool:
        """Whether the receiver said that it has the event."""
        return self.heard.error is None


async def record_tries(
    tx: Transaction, tries: Sequence[Try], *, patience: Patience, now: datetime
) -> list[bool]:
    """For each attempt, whether its endpoint can be sent more now."""
    await store.record_attempts(
        tx, [_attempt(each) for each in tries], [_end(each, patience, now) for each in tries]
    )
    standings = await _record_health(tx, tries, patience=patience, now=now)
    return [_goes_on(standings.get(each.parcel.endpoint_id)) for each in tries]


def _goes_on(standing: Standing | None) -> bool:
    return standing is None or (standing.state is EndpointState.ENABLED and standing.resting_until is None)


def _attempt(each: Try) -> DeliveryAttempt:
    return DeliveryAttempt(
        delivery_id=each.parcel.id,
        started_at=each.started_at,
        milliseconds=round(each.heard.seconds * 1000),
        status=each.heard.status,
        error=each.heard.error,
        headers=each.heard.headers,
        body=each.heard.body,
    )


def _end(each: Try, patience: Patience, now: datetime) -> TryEnd:
    next_at = None
    if not each.succeeded:
        next_at = next_try_at(each.parcel.tries + 1, now=now, pauses=patience.pauses, chance=each.chance)
    state = DeliveryState.SUCCEEDED if each.succeeded else DeliveryState.FAILED
    return TryEnd(
        seq=each.parcel.seq,
        tries=each.parcel.tries,
        state=DeliveryState.PENDING if next_at else state,
        next_attempt_at=next_at or now,
        status=each.heard.status,
        error=each.heard.error,
        ended_at=None if next_at else now,
    )


async def _record_health(
    tx: Transaction, tries: Sequence[Try], *, patience: Patience, now: datetime
) -> Mapping[str, Standing]:
    """How the endpoints stand for which that changed, by id."""
    by_endpoint: dict[str, list[Try]] = {}
    for each in tries:
        by_endpoint.setdefault(each.parcel.endpoint_id, []).append(each)
    failed = {each.parcel.endpoint_id for each in tries if not each.succeeded}
    known = await store.lock_health(tx, failed=sorted(failed), succeeded=sorted(by_endpoint.keys() - failed))
    standings = {
        endpoint.id: _standing(endpoint, by_endpoint[endpoint.id], patience, now) for endpoint in known
    }
    await store.update_health(tx, list(standings.values()))
    disabled = [
        endpoint
        for endpoint in known
        if endpoint.state is EndpointState.ENABLED and standings[endpoint.id].state is EndpointState.DISABLED
    ]
    await store.give_up_deliveries(tx, [each.id for each in disabled], now=now)
    await outbox.publish(tx, [_disabled(each, standings[each.id], now) for each in disabled])
    return standings


def _standing(endpoint: Endpoint, tries: Sequence[Try], patience: Patience, now: datetime) -> Standing:
    health = health_after(
        Health(
            failures=endpoint.failures,
            failing_since=endpoint.failing_since,
            resting_until=endpoint.resting_until,
        ),
        [
            Tried(
                succeeded=each.succeeded,
                status=each.heard.status,
                retry_after_seconds=each.heard.retry_after_seconds,
            )
            for each in tries
        ],
        now=now,
        failing_days=patience.failing_days,
    )
    ends = health.disable is not None and endpoint.state is EndpointState.ENABLED
    return Standing(
        id=endpoint.id,
        failures=health.failures,
        failing_since=health.failing_since,
        resting_until=health.resting_until,
        state=EndpointState.DISABLED if ends else endpoint.state,
        disabled_because=health.disable if ends else endpoint.disabled_because,
        disabled_at=now if ends else endpoint.disabled_at,
    )


def _disabled(endpoint: Endpoint, standing: Standing, now: datetime) -> EndpointDisabled:
    because = standing.disabled_because
    assert because is not None, "it was disabled for a reason"  # noqa: S101 - for the reader
    WEBHOOK_DISABLED.labels(because).inc()
    return EndpointDisabled(
        object_id=endpoint.id, happened_at=now, merchant_id=endpoint.merchant_id, because=because
    )
