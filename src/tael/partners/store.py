"""Where do partners lie? Rows as nouns; the statements themselves stand in sql/."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from tael.foundation.db import Query, Transaction, queries
from tael.partners.errors import NoSuchPartner, NoSuchRecord
from tael.partners.model import (
    Acceptance,
    Certificate,
    Check,
    Deadline,
    DeadlineKind,
    Document,
    FeeTable,
    ItemAnswer,
    Partner,
    Run,
    Step,
    StepRecord,
    WeightsInForce,
)

SQL = queries("tael.partners")
AS_JSON = frozenset({"guard", "lines", "items", "weights"})
"""Fields that are kept as JSON."""

T = TypeVar("T")


async def write(tx: Transaction, query: Query, thing: msgspec.Struct, **more: object) -> int:
    """Write a noun; how many rows it touched. Fields that the statement does not name are left out."""
    row = {
        name: _json(value) if name in AS_JSON else value
        for name, value in msgspec.structs.asdict(thing).items()
    }
    return await tx.run(query, **row, **more)


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


async def find(tx: Transaction, query: Query, of: type[T], id: str) -> T:
    """The one thing with that id; refuses `NoSuchRecord`."""
    found = await tx.row(query, of, id=id)
    if found is None:
        raise NoSuchRecord(f"There is nothing with the id {id[:40]!r}.", field="id")
    return found


async def find_partner(tx: Transaction, channel: str, *, lock: bool = False) -> Partner:
    """One partner; refuses `NoSuchPartner`."""
    found = await tx.row(SQL.lock_partner if lock else SQL.find_partner, Partner, channel=channel)
    if found is None:
        raise NoSuchPartner(
            f"Nobody has begun with the channel {channel[:40]!r}.",
            field="channel",
            hint="Open it first: POST /v1/partners/{channel}.",
        )
    return found


async def steps_of(tx: Transaction, channel: str) -> list[StepRecord]:
    """The steps that were begun, in the order of the way."""
    found = await tx.rows(SQL.list_steps, StepRecord, channel=channel)
    return sorted(found, key=lambda each: list(Step).index(each.step))


async def ticks_of(tx: Transaction, channel: str) -> list[Check]:
    """The checks that are ticked, their meaning left empty."""
    return await tx.rows(SQL.list_ticks, Check, channel=channel)


async def documents_of(tx: Transaction, channel: str) -> list[Document]:
    """Every document of a partner, oldest first, without its bytes."""
    return await tx.rows(SQL.documents_of, Document, channel=channel)


async def acceptances_of(tx: Transaction, channel: str) -> list[Acceptance]:
    """The latest reports of a partner, newest first."""
    return await tx.rows(SQL.list_acceptances, Acceptance, channel=channel, before=None, limit=50)


async def fee_tables_of(tx: Transaction, channel: str) -> list[FeeTable]:
    """Every fee table of a partner, by the day from which it holds."""
    return await tx.rows(SQL.fee_tables_of, FeeTable, channel=channel)


async def weights_at(tx: Transaction, moment: datetime) -> WeightsInForce | None:
    """The weights that count at that moment, if any were ever approved."""
    return await tx.row(SQL.weights_at, WeightsInForce, moment=moment)


async def deadlines(
    tx: Transaction,
    *,
    until: datetime,
    channel: str | None = None,
    kind: DeadlineKind | None = None,
    after: tuple[datetime, str, str] | None = None,
    told: Sequence[Certificate] = (),
    limit: int,
) -> list[Deadline]:
    """All that is due before `until`, soonest first, after the one with that day, kind and id.

    told   certificates that nobody handed in: they stand in what channels are told
    """
    after_due, after_kind, after_id = after or (None, None, None)
    return await tx.rows(
        SQL.deadlines,
        Deadline,
        until=until,
        channel=channel,
        kind=kind,
        after_due=after_due,
        after_kind=after_kind,
        after_id=after_id,
        ids=[each.id for each in told],
        channels=[each.channel for each in told],
        whats=[each.name for each in told],
        fingerprints=[each.fingerprint for each in told],
        ends=[each.ends_at for each in told],
        limit=limit,
    )


class _AnswerRow(ItemAnswer, frozen=True, kw_only=True):
    run_id: str


async def with_answers(tx: Transaction, runs: list[Run]) -> list[Run]:
    """The runs with the latest answer to each of their items."""
    if not runs:
        return []
    rows = await tx.rows(SQL.answers_of_runs, _AnswerRow, ids=[run.id for run in runs])
    return [
        msgspec.structs.replace(
            run,
            answers=[
                msgspec.convert(row, ItemAnswer, from_attributes=True) for row in rows if row.run_id == run.id
            ],
        )
        for run in runs
    ]
