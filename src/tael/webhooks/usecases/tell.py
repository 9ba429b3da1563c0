"""How does a fact become an event? Many at a time: one look at the objects, one insert, one look at who listens.

Every payment passes here, so nothing is asked once for each of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.courier import Numbered
from tael.foundation.db import Transaction
from tael.foundation.events import Event
from tael.foundation.ids import derived_id, new_id
from tael.foundation.telemetry import WEBHOOK_EVENTS
from tael.webhooks import store
from tael.webhooks.model import LoggedEvent
from tael.webhooks.registry import TELLINGS, Show, Telling
from tael.webhooks.rules.filters import wants
from tael.webhooks.store import NewDelivery


async def tell(
    tx: Transaction, facts: Sequence[Numbered], *, shows: Mapping[str, Show], api_version: str, now: datetime
) -> None:
    """Write facts into the log of events, and send them on to who wants to hear of them.

    A fact becomes one event however often it is heard: the event's id follows from the fact's number.

    shows         who shows objects, by what their ids begin with
    api_version   the version of the API in whose words they show them
    """
    events = await _written_out(tx, facts, shows=shows, api_version=api_version, now=now)
    new = await store.insert_events(tx, events)
    lines = [(each, fact.fact.object_id) for each, fact in zip(events, facts, strict=True) if each.id in new]
    await _send_on(tx, lines, now=now)


async def _send_on(tx: Transaction, events: Sequence[tuple[LoggedEvent, str]], *, now: datetime) -> None:
    """Make a delivery of each event, in its line, for each endpoint of its merchant that wants it."""
    for each, _ in events:
        WEBHOOK_EVENTS.labels(each.type).inc()
    if not events:
        return
    listeners = await store.listeners_of(tx, sorted({each.merchant_id for each, _ in events}))
    deliveries = [
        new_delivery(event, listener.id, line_id=line_id, now=now)
        for event, line_id in events
        for listener in listeners.get(event.merchant_id, ())
        if wants(listener.events, event.type)
    ]
    await store.insert_deliveries(tx, deliveries)


def new_delivery(event: LoggedEvent, endpoint_id: str, *, line_id: str, now: datetime) -> NewDelivery:
    """An event that shall go to an endpoint."""
    return NewDelivery(
        id=new_id("whd"),
        endpoint_id=endpoint_id,
        merchant_id=event.merchant_id,
        event_id=event.id,
        event_type=event.type,
        object_id=event.object_id,
        line_id=line_id,
        created_at=now,
    )


async def _written_out(
    tx: Transaction, facts: Sequence[Numbered], *, shows: Mapping[str, Show], api_version: str, now: datetime
) -> list[LoggedEvent]:
    tellings = [(each, TELLINGS[type(each.fact)]) for each in facts]
    object_ids = [telling.object_of(each.fact) for each, telling in tellings]
    objects = await _shown(tx, object_ids, shows)
    return [
        LoggedEvent(
            id=derived_id(
                "evt",
                at=each.fact.happened_at,
                of=f"{each.number} {each.fact.object_id} {each.fact.happened_at.isoformat()}",
            ),
            merchant_id=telling.merchant_of(each.fact),
            type=telling.type_of(each.fact),
            object_id=object_id,
            object=objects.get(object_id) or _said_of(object_id, telling, each.fact),
            happened_at=each.fact.happened_at,
            api_version=api_version,
            created_at=now,
        )
        for (each, telling), object_id in zip(tellings, object_ids, strict=True)
    ]


def _said_of(object_id: str, telling: Telling, fact: Event) -> str:
    """The object of an event that nobody shows: its id, and what the fact itself says of it."""
    said = {} if telling.says is None else telling.says(fact)
    return msgspec.json.encode({"id": object_id, **said}).decode()


async def _shown(tx: Transaction, object_ids: Iterable[str], shows: Mapping[str, Show]) -> dict[str, str]:
    """The objects as the API shows them, in JSON, by id; one question for each kind."""
    by_kind: dict[str, list[str]] = {}
    for id in dict.fromkeys(object_ids):
        by_kind.setdefault(id.partition("_")[0], []).append(id)
    found: dict[str, str] = {}
    for kind, ids in by_kind.items():
        if kind in shows:
            bodies = await shows[kind](tx, ids)
            found |= {id: msgspec.json.encode(body).decode() for id, body in bodies.items()}
    return found
