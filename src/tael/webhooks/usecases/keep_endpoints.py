"""How does a merchant say where events go? Create, change, enable, disable, remove an endpoint; rotate its secret; test it."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.sealing import Sealer
from tael.webhooks import store
from tael.webhooks.errors import (
    AddressRefused,
    EndpointIsDisabled,
    EndpointMalformed,
    NoSuchEndpoint,
    TooManyEndpoints,
)
from tael.webhooks.model import DisabledBecause, Endpoint, EndpointState, LoggedEvent
from tael.webhooks.registry import EVENT_TYPES, TEST_EVENT
from tael.webhooks.rules.filters import why_no_filter
from tael.webhooks.rules.signatures import SECRET_BYTES
from tael.webhooks.schemas import endpoint_body
from tael.webhooks.usecases.tell import new_delivery

MOST_ENDPOINTS = 16


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the verbs here need besides a transaction."""

    sealer: Sealer
    why_no_address: Callable[[str], AddressRefused | None]
    api_version: str
    now: datetime


class CreateEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Send a merchant's events there."""

    endpoint_id: str
    merchant_id: str
    url: str
    events: Sequence[str]
    description: str = ""
    ordered: bool = False


class ChangeEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Let an endpoint be otherwise; `None`: as it is."""

    endpoint_id: str
    merchant_id: str
    url: str | None = None
    events: Sequence[str] | None = None
    description: str | None = None
    ordered: bool | None = None


class SetEndpointState(msgspec.Struct, frozen=True, kw_only=True):
    """Send an endpoint events, or none, or forget it."""

    endpoint_id: str
    merchant_id: str
    state: EndpointState


class RotateSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A new secret; the old one signs as well for a while."""

    endpoint_id: str
    merchant_id: str
    overlap_seconds: int


class SendTest(msgspec.Struct, frozen=True, kw_only=True):
    """An event that says nothing, to see whether it arrives."""

    endpoint_id: str
    merchant_id: str


async def create_endpoint(tx: Transaction, wanted: CreateEndpoint, desk: Desk) -> Endpoint:
    """A new, enabled endpoint; refuses `AddressRefused`, `EndpointMalformed`, `TooManyEndpoints`."""
    _check(desk, url=wanted.url, events=wanted.events)
    if await store.lock_merchant(tx, wanted.merchant_id) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(
            f"There are {MOST_ENDPOINTS} endpoints already.", hint="Remove one that you need no more."
        )
    endpoint = Endpoint(
        id=wanted.endpoint_id,
        merchant_id=wanted.merchant_id,
        url=wanted.url,
        events=tuple(dict.fromkeys(wanted.events)),
        description=wanted.description,
        ordered=wanted.ordered,
        state=EndpointState.ENABLED,
        disabled_because=None,
        disabled_at=None,
        secret=_new_secret(desk.sealer, wanted.endpoint_id),
        secret_made_at=desk.now,
        previous_secret=None,
        previous_until=None,
        failures=0,
        failing_since=None,
        resting_until=None,
        created_at=desk.now,
    )
    await store.insert_endpoint(tx, endpoint)
    return endpoint


async def change_endpoint(tx: Transaction, wanted: ChangeEndpoint, desk: Desk) -> Endpoint:
    """The endpoint as it is afterwards; refuses `NoSuchEndpoint`, `AddressRefused`, `EndpointMalformed`."""
    endpoint = await locked(tx, wanted.endpoint_id, wanted.merchant_id)
    _check(desk, url=wanted.url, events=wanted.events)
    changes = {
        name: value
        for name in ("url", "events", "description", "ordered")
        if (value := getattr(wanted, name)) is not None
    }
    if wanted.events is not None:
        changes["events"] = tuple(dict.fromkeys(wanted.events))
    if wanted.url not in (None, endpoint.url):
        changes |= {"failures": 0, "failing_since": None, "resting_until": None}
    return await _update(tx, msgspec.structs.replace(endpoint, **changes))


async def set_endpoint_state(tx: Transaction, wanted: SetEndpointState, desk: Desk) -> Endpoint:
    """The endpoint as it is afterwards; what still waited for one that is not enabled is given up.

    Refuses `NoSuchEndpoint`.
    """
    endpoint = await locked(tx, wanted.endpoint_id, wanted.merchant_id)
    if endpoint.state is wanted.state:
        return endpoint
    on = wanted.state is EndpointState.ENABLED
    endpoint = msgspec.structs.replace(
        endpoint,
        state=wanted.state,
        disabled_because=None if on else DisabledBecause.MERCHANT,
        disabled_at=None if on else desk.now,
        failures=0,
        failing_since=None,
        resting_until=None,
    )
    if not on:
        await store.give_up_deliveries(tx, [endpoint.id], now=desk.now)
    return await _update(tx, endpoint)


async def rotate_secret(tx: Transaction, wanted: RotateSecret, desk: Desk) -> Endpoint:
    """The endpoint with a new secret; refuses `NoSuchEndpoint`."""
    endpoint = await locked(tx, wanted.endpoint_id, wanted.merchant_id)
    return await _update(
        tx,
        msgspec.structs.replace(
            endpoint,
            secret=_new_secret(desk.sealer, endpoint.id),
            secret_made_at=desk.now,
            previous_secret=endpoint.secret if wanted.overlap_seconds else None,
            previous_until=desk.now + timedelta(seconds=wanted.overlap_seconds)
            if wanted.overlap_seconds
            else None,
        ),
    )


async def send_test(tx: Transaction, wanted: SendTest, desk: Desk) -> str:
    """The id of the delivery of a test event to this endpoint alone; refuses `NoSuchEndpoint`, `EndpointIsDisabled`."""
    endpoint = await locked(tx, wanted.endpoint_id, wanted.merchant_id)
    check_enabled(endpoint)
    event = LoggedEvent(
        id=new_id("evt"),
        merchant_id=endpoint.merchant_id,
        type=TEST_EVENT,
        object_id=endpoint.id,
        object=msgspec.json.encode(endpoint_body(endpoint)).decode(),
        happened_at=desk.now,
        api_version=desk.api_version,
        created_at=desk.now,
    )
    await store.insert_events(tx, [event])
    delivery = new_delivery(event, endpoint.id, line_id=endpoint.id, now=desk.now)
    await store.insert_deliveries(tx, [delivery])
    return delivery.id


async def locked(tx: Transaction, endpoint_id: str, merchant_id: str) -> Endpoint:
    """An endpoint of this merchant, locked; refuses `NoSuchEndpoint`."""
    endpoint = await store.lock_endpoint(tx, endpoint_id, merchant_id=merchant_id)
    if endpoint is None:
        raise NoSuchEndpoint(f"There is no endpoint {endpoint_id}.", field="endpoint_id")
    return endpoint


def check_enabled(endpoint: Endpoint) -> None:
    """Refuses `EndpointIsDisabled`."""
    if endpoint.state is not EndpointState.ENABLED:
        raise EndpointIsDisabled(f"{endpoint.id} is {endpoint.state}.", hint="Enable it first.")


async def _update(tx: Transaction, endpoint: Endpoint) -> Endpoint:
    await store.update_endpoint(tx, endpoint)
    return endpoint


def _check(desk: Desk, *, url: str | None, events: Sequence[str] | None) -> None:
    refusal: AddressRefused | EndpointMalformed | None = None
    if url is not None:
        refusal = desk.why_no_address(url)
    if refusal is None and events is not None:
        refusal = why_no_filter(events, EVENT_TYPES)
    if refusal is not None:
        raise refusal


def _new_secret(sealer: Sealer, endpoint_id: str) -> bytes:
    return sealer.seal(secrets.token_bytes(SECRET_BYTES), about=endpoint_id)
