"""Where is it kept which notices were accepted? The context's only SQL."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries

SQL = queries("tael.channels")


class AcceptedNotice(msgspec.Struct, frozen=True, gc=False):
    """A notice whose consequences are in the same transaction."""

    channel: str
    notice_id: str
    order_number: str


async def find_notices(tx: Transaction, notices: Sequence[AcceptedNotice]) -> set[tuple[str, str]]:
    """Channel and id of those that were accepted before."""
    found = await tx.tuples(
        SQL.find_notices,
        channels=[notice.channel for notice in notices],
        notice_ids=[notice.notice_id for notice in notices],
    )
    return {(channel, notice_id) for channel, notice_id in found}


async def insert_notices(
    tx: Transaction, notices: Sequence[AcceptedNotice], *, accepted_at: datetime
) -> None:
    """Remember notices; one that is remembered already stays as it is."""
    await tx.run(
        SQL.insert_notices,
        channels=[notice.channel for notice in notices],
        notice_ids=[notice.notice_id for notice in notices],
        order_numbers=[notice.order_number for notice in notices],
        accepted_at=accepted_at,
    )
