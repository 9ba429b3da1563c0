"""Who changed what, when, from where, and with which result? One row per call, never changed afterwards.

The application's database role may only insert and read. Rows are written in the transaction of the change.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries

SQL = queries("tael.foundation")


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of the audit trail."""

    happened_at: datetime
    actor: str
    """Who: `key:tael_k3v…` for a merchant's key, `channel:alipay`, `janitor`, `operator:root`."""
    action: str
    """What: the verb, such as `payments.create`."""
    object_id: str | None
    result: str
    """`done`, `begun`, or the code of the refusal."""
    request_id: str | None = None
    remote_address: str | None = None


async def record(tx: Transaction, events: Sequence[AuditEvent]) -> None:
    """Write the events down."""
    if not events:
        return
    await tx.run(
        SQL.insert_audit,
        times=[event.happened_at for event in events],
        actors=[event.actor for event in events],
        actions=[event.action for event in events],
        object_ids=[event.object_id for event in events],
        results=[event.result for event in events],
        request_ids=[event.request_id for event in events],
        addresses=[event.remote_address for event in events],
    )
