"""Where do requests about personal information lie, and the trail of who read it in clear?"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.users.errors import NoSuchRecord
from tael.users.model import DataRequest, Unmasking
from tael.users.store import SQL


async def insert_request(tx: Transaction, request: DataRequest) -> bool:
    """Write a request down; false if the same is being done."""
    written = await tx.run(
        SQL.insert_data_request,
        id=request.id,
        user_id=request.user_id,
        kind=request.kind,
        asked_at=request.asked_at,
    )
    return written > 0


async def find_request(tx: Transaction, id: str, *, user_id: str) -> DataRequest:
    """One of a user's requests; refuses `NoSuchRecord`."""
    found = await tx.row(SQL.find_data_request, DataRequest, id=id, user_id=user_id)
    if found is None:
        raise NoSuchRecord(f"There is no request {id[:40]!r}.", field="request_id")
    return found


async def requests_of(
    tx: Transaction, user_id: str, *, before: str | None = None, limit: int = 50
) -> Sequence[DataRequest]:
    """A user's requests, newest first."""
    return await tx.rows(SQL.data_requests_of, DataRequest, user_id=user_id, before=before, limit=limit)


async def requests_asked(tx: Transaction, *, after: str, limit: int) -> Sequence[DataRequest]:
    """What waits to be done, the oldest first."""
    return await tx.rows(SQL.data_requests_asked, DataRequest, after=after, limit=limit)


async def keep_file(
    tx: Transaction, id: str, *, sealed: bytes, size: int, good_until: datetime, now: datetime
) -> bool:
    """Keep a file until it is fetched; false if somebody was quicker."""
    return await tx.run(SQL.keep_file, id=id, sealed=sealed, size=size, good_until=good_until, now=now) > 0


async def fetch_file(tx: Transaction, id: str, *, user_id: str, now: datetime) -> bytes | None:
    """Take the file away, sealed; none if it is gone."""
    tx.wrote = True
    found = await tx.tuples(SQL.fetch_file, id=id, user_id=user_id, now=now)
    return bytes(found[0][0]) if found else None


async def end_request(tx: Transaction, id: str, *, outcome: Mapping[str, str], now: datetime) -> bool:
    """It is done, and this came of it."""
    written = msgspec.json.encode(outcome).decode()
    return await tx.run(SQL.end_data_request, id=id, outcome=written, now=now) > 0


async def refuse_request(tx: Transaction, id: str, *, still_open: str, now: datetime) -> bool:
    """It cannot be done, and this is why; false if it has ended."""
    written = msgspec.json.encode({"open": still_open}).decode()
    return await tx.run(SQL.refuse_data_request, id=id, outcome=written, now=now) > 0


async def forget_files(tx: Transaction, *, now: datetime) -> None:
    """Nobody has come for these in time."""
    await tx.run(SQL.forget_files, now=now)


async def drop_copies(tx: Transaction, user_id: str, *, now: datetime) -> None:
    """Nobody will fetch these, and none is written any more: whoever asked has gone."""
    await tx.run(SQL.drop_copies, user_id=user_id, now=now)


async def insert_unmasking(tx: Transaction, unmasking: Unmasking) -> None:
    """That somebody reads in clear who a user is."""
    row = msgspec.structs.asdict(unmasking)
    await tx.run(SQL.insert_unmasking, **{**row, "fields": list(unmasking.fields)})


async def list_unmaskings(
    tx: Transaction, *, user_id: str | None, before: str | None, limit: int
) -> Sequence[Unmasking]:
    """Who read what in clear and why, newest first."""
    return await tx.rows(SQL.list_unmaskings, Unmasking, user_id=user_id, before=before, limit=limit)
