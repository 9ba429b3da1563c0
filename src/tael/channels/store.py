"""Where is kept what channels there are, what they said, and which notices were accepted? The context's only SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tael.channels.model import (
    Configuration,
    Exchange,
    ExchangeFilter,
    Measure,
    SealedConfiguration,
    Unclaimed,
)
from tael.channels.port import Operation
from tael.foundation.db import Transaction, columns, queries

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


async def insert_channel(tx: Transaction, *, name: str, connector: str, created_at: datetime) -> bool:
    """Write a new channel; false if the name is taken."""
    return await tx.run(SQL.insert_channel, name=name, connector=connector, created_at=created_at) > 0


async def lock_channel(tx: Transaction, name: str) -> str | None:
    """The connector of a channel, held until the end of the transaction."""
    found = await tx.tuples(SQL.lock_channel, name=name)
    return found[0][0] if found else None


async def insert_configuration(
    tx: Transaction,
    *,
    channel: str,
    settings: Mapping[str, Any],
    sealed: bytes,
    proposed_by: str,
    approved_by: str,
    active_from: datetime,
) -> int:
    """Write the next configuration of a locked channel; gives its number."""
    number = await newest_number(tx, channel) + 1
    await tx.run(
        SQL.insert_configuration,
        channel=channel,
        number=number,
        settings=msgspec.json.encode(settings).decode(),
        sealed=sealed,
        proposed_by=proposed_by,
        approved_by=approved_by,
        active_from=active_from,
    )
    return number


async def newest_number(tx: Transaction, channel: str) -> int:
    """The number of a channel's newest configuration; 0 if it has none."""
    number: int = (await tx.tuples(SQL.newest_number, channel=channel))[0][0]
    return number


async def newest_configuration(tx: Transaction, channel: str) -> SealedConfiguration | None:
    """The newest configuration of one channel, if it has any."""
    return await tx.row(SQL.newest_configuration, SealedConfiguration, channel=channel)


async def configurations_in_use(tx: Transaction) -> list[SealedConfiguration]:
    """The newest configuration of every channel that has one."""
    return await tx.rows(SQL.configurations_in_use, SealedConfiguration)


async def configurations_of(tx: Transaction, channel: str, *, limit: int) -> list[Configuration]:
    """All configurations of a channel, newest first."""
    return await tx.rows(SQL.configurations_of, Configuration, channel=channel, limit=limit)


async def numbers_in_use(tx: Transaction) -> dict[str, int]:
    """The number of the newest configuration of each channel."""
    return dict(await tx.tuples(SQL.numbers_in_use))


async def insert_exchanges(tx: Transaction, exchanges: Sequence[Exchange]) -> int:
    """Write down what was said; gives how many were not written down before."""
    fields = "id at channel kind operation number state error_class code message milliseconds said heard"
    return await tx.run(SQL.insert_exchanges, **columns(exchanges, fields))


async def list_exchanges(tx: Transaction, wanted: ExchangeFilter) -> list[Exchange]:
    """What was said, newest first."""
    given = msgspec.structs.asdict(wanted)
    numbers = None if wanted.numbers is None else list(wanted.numbers)
    return await tx.rows(SQL.list_exchanges, Exchange, **given | {"numbers": numbers})


async def forget_exchanges(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Delete the oldest; gives how many."""
    return await tx.run(SQL.forget_exchanges, before=before, limit=limit)


class CountedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """How many calls of one kind ended in one way within an hour, and how long they took."""

    channel: str
    operation: str
    hour: datetime
    state: str
    error_class: str
    calls: int
    latency: str
    """The counts, joined with commas."""


async def add_measures(tx: Transaction, counted: Sequence[CountedCalls]) -> None:
    """Add to what was counted before."""
    fields = "channel operation hour state error_class calls latency"
    await tx.run(SQL.add_measures, **columns(counted, fields))


async def measures(
    tx: Transaction, *, since: datetime, until: datetime, channel: str | None, limit: int
) -> list[Measure]:
    """How operations went, by the hour."""
    found = await tx.tuples(SQL.measures, since=since, until=until, channel=channel, limit=limit)
    merged: dict[tuple[str, str, datetime], Measure] = {}
    for name, operation, hour, state, error_class, calls, latency in found:
        so_far = merged.get((name, operation, hour)) or Measure(
            channel=name,
            operation=Operation(operation),
            hour=hour,
            calls=0,
            by_state={},
            by_error={},
            latency=[0] * len(latency),
        )
        errors = {error_class: calls} if error_class else {}
        merged[name, operation, hour] = msgspec.structs.replace(
            so_far,
            calls=so_far.calls + calls,
            by_state=_added(so_far.by_state, {state: calls}),
            by_error=_added(so_far.by_error, errors),
            latency=[a + b for a, b in zip(so_far.latency, latency, strict=True)],
        )
    return list(merged.values())


def _added(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) + more.get(name, 0) for name in counts.keys() | more.keys()}


async def lease_feed(tx: Transaction, channel: str, *, now: datetime, until: datetime) -> str | None:
    """From where to fetch, if nobody else is fetching."""
    found = await tx.tuples(SQL.lease_feed, channel=channel, now=now, until=until)
    return found[0][0] if found else None


async def keep_cursor(tx: Transaction, channel: str, cursor: str, *, now: datetime) -> None:
    """Remember how far was fetched."""
    await tx.run(SQL.keep_cursor, channel=channel, cursor=cursor, now=now)


async def end_lease(tx: Transaction, channel: str, *, trouble: str | None) -> None:
    """Let anybody fetch again."""
    await tx.run(SQL.end_lease, channel=channel, trouble=trouble)


async def insert_unclaimed(tx: Transaction, unclaimed: Unclaimed) -> None:
    """Write down money that nobody waited for, once."""
    await tx.run(SQL.insert_unclaimed, **msgspec.structs.asdict(unclaimed))


async def list_unclaimed(tx: Transaction, *, channel: str | None, limit: int) -> list[Unclaimed]:
    """Money that nobody waited for, newest first."""
    return await tx.rows(SQL.list_unclaimed, Unclaimed, channel=channel, limit=limit)
