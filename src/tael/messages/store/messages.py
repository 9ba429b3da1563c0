"""Where do messages lie, and how are they forgotten?"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Query, Transaction, columns, queries
from tael.messages.model import Language, Urgency

SQL = queries("tael.messages")
FORGETTING: Mapping[str, Query] = {
    "messages": SQL.forget_messages,
    "deliveries": SQL.forget_deliveries,
    "attempts": SQL.forget_attempts,
    "advice": SQL.forget_advice,
}
"""How each table forgets its oldest rows."""


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be written."""

    id: str
    user_id: str | None
    template: str
    urgency: Urgency
    language: Language
    values_sealed: bytes
    kept: bool
    expires_at: datetime
    created_at: datetime


class KeptMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a person's list."""

    seq: int
    id: str
    template: str
    urgency: Urgency
    language: Language
    values_sealed: bytes | None
    created_at: datetime
    read_at: datetime | None


async def insert_messages(tx: Transaction, messages: Sequence[NewMessage]) -> set[str]:
    """Write messages; gives the ids of those that were not there yet."""
    fields = "id user_id template urgency language values_sealed kept expires_at created_at"
    return {id for (id,) in await tx.tuples(SQL.insert_messages, **columns(messages, fields))}


async def list_kept(
    tx: Transaction, user_id: str, *, before: str | None, unread: bool, limit: int
) -> Sequence[KeptMessage]:
    """A person's own list, newest first."""
    return await tx.rows(
        SQL.list_kept, KeptMessage, user_id=user_id, before=before, unread=unread, limit=limit
    )


async def count_unread(tx: Transaction, user_id: str, *, at_most: int) -> int:
    """How many a person has not read, counted no further than `at_most`."""
    [(count,)] = await tx.tuples(SQL.count_unread, user_id=user_id, at_most=at_most)
    return int(count)


async def mark_read(
    tx: Transaction, user_id: str, *, ids: Sequence[str], up_to: str | None, now: datetime
) -> int:
    """Read: those named, or all up to one; gives how many were not yet."""
    return await tx.run(SQL.mark_read, user_id=user_id, ids=list(ids), up_to=up_to, now=now)


async def forget_secrets(tx: Transaction, message_ids: Sequence[str]) -> None:
    """Codes that will be sent no more say nothing any more."""
    await tx.run(SQL.forget_secrets, ids=list(message_ids))


async def forget_expired_secrets(tx: Transaction, *, before: datetime, limit: int) -> int:
    """The same for codes that nobody sent in time; gives how many."""
    return await tx.run(SQL.forget_expired_secrets, before=before, limit=limit)


async def forget_oldest(tx: Transaction, what: str, *, before: datetime, limit: int) -> int:
    """Delete rows of `FORGETTING` that are older; gives how many."""
    return await tx.run(FORGETTING[what], before=before, limit=limit)


async def erase_log_of(tx: Transaction, user_id: str) -> None:
    """What was sent to a person, and how often it was tried."""
    await tx.run(SQL.erase_attempts_of, user_id=user_id)
    await tx.run(SQL.erase_deliveries_of, user_id=user_id)


async def forget_of(tx: Transaction, user_id: str, *, now: datetime) -> None:
    """All that was said to a person, and where it was sent to."""
    await tx.run(SQL.forget_messages_of, user_id=user_id)
    await tx.run(SQL.forget_addresses_of, user_id=user_id, now=now)
