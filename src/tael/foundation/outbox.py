"""How does a context tell others what happened? It publishes a fact in the transaction that made it true.

A fact is an `Event`: a frozen struct with a stable tag (`payments.payment_captured`) and the id of the object
it is about. The courier (`foundation.courier`) hands it to its subscribers after commit, at least once, in
order for each object.
"""

from collections.abc import Sequence

import msgspec

from tael.foundation.db import Transaction, queries
from tael.foundation.events import Event, type_of

SQL = queries("tael.foundation")


async def publish(tx: Transaction, events: Sequence[Event]) -> None:
    """Write the facts down for the courier. Lock the object before, so that its facts are numbered in their order."""
    if not events:
        return
    tx.published = True
    await tx.run(
        SQL.insert_events,
        types=[type_of(event) for event in events],
        object_ids=[event.object_id for event in events],
        payloads=[msgspec.json.encode(event) for event in events],
        times=[event.happened_at for event in events],
    )
