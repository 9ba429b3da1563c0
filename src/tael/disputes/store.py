"""Where do disputes lie? The context's only SQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tael.disputes.model import Dispute, DisputeFilter, DisputeState, EvidenceFile, News, StaffDisputeFilter
from tael.foundation.db import Transaction, queries

SQL = queries("tael.disputes")


async def insert_if_new(
    tx: Transaction, *, id: str, channel: str, number: str, news: News, now: datetime
) -> tuple[str, bool]:
    """The id of the dispute with a channel's number, and whether it was written now, under `id`: as a bare warning."""
    written = await tx.run(
        SQL.insert_dispute,
        id=id,
        channel=channel,
        number=number,
        reason=news.reason,
        amount_minor=news.amount_minor,
        currency=news.currency,
        respond_by=news.respond_by,
        opened_at=now,
    )
    [(known,)] = await tx.tuples(SQL.id_by_number, channel=channel, number=number)
    return str(known), written == 1


async def by_number(tx: Transaction, channel: str, number: str) -> Dispute | None:
    """The dispute with a channel's number."""
    return await tx.row(SQL.dispute_by_number, Dispute, channel=channel, number=number)


async def lock(tx: Transaction, ids: Iterable[str]) -> dict[str, Dispute]:
    """The disputes, locked until the transaction ends."""
    return {each.id: each for each in await tx.rows(SQL.lock_disputes, Dispute, ids=list(ids))}


async def find(tx: Transaction, ids: Iterable[str]) -> dict[str, Dispute]:
    """The disputes as they stand."""
    return {each.id: each for each in await tx.rows(SQL.find_disputes, Dispute, ids=list(ids))}


async def of_payments(tx: Transaction, payment_ids: Sequence[str]) -> list[Dispute]:
    """The disputes of some payments, oldest first."""
    return await tx.rows(SQL.disputes_of_payments, Dispute, payment_ids=list(payment_ids))


async def page(tx: Transaction, wanted: DisputeFilter) -> list[Dispute]:
    """One page of a merchant's disputes, newest first."""
    return await tx.rows(SQL.list_disputes, Dispute, **msgspec.structs.asdict(wanted))


async def page_of_all(tx: Transaction, wanted: StaffDisputeFilter) -> list[Dispute]:
    """One page of all merchants' disputes, newest first."""
    return await tx.rows(SQL.list_all_disputes, Dispute, **msgspec.structs.asdict(wanted))


async def count_all(tx: Transaction) -> dict[DisputeState, int]:
    """How many disputes are in each state."""
    return {DisputeState(state): int(count) for state, count in await tx.tuples(SQL.count_all_disputes)}


async def search(
    tx: Transaction, merchant_id: str, text: str, *, amounts_minor: Sequence[int], limit: int
) -> list[Dispute]:
    """The disputes of a merchant that a text may be about: an id, the channel's number, an amount; newest first."""
    return await tx.rows(
        SQL.search_disputes,
        Dispute,
        merchant_id=merchant_id,
        text=text,
        amounts_minor=list(amounts_minor),
        limit=limit,
    )


async def update(tx: Transaction, dispute: Dispute) -> None:
    """Write what changed."""
    await tx.run(SQL.update_dispute, **msgspec.structs.asdict(dispute))


async def channels_with_work(tx: Transaction, *, now: datetime) -> list[str]:
    """The channels that are to be asked about something."""
    return [channel for (channel,) in await tx.tuples(SQL.channels_with_disputes_due, now=now)]


async def insert_file(tx: Transaction, file: EvidenceFile, *, sealed: bytes) -> None:
    """Keep a file, with its bytes sealed."""
    await tx.run(SQL.insert_file, **msgspec.structs.asdict(file), content=sealed)


async def files_of(tx: Transaction, dispute_id: str, *, removed: bool = False) -> list[EvidenceFile]:
    """The files of a draft without their bytes, oldest first; `removed`: those that were taken out, too."""
    return await tx.rows(SQL.files_of_dispute, EvidenceFile, dispute_id=dispute_id, removed=removed)


async def file_content(tx: Transaction, file_id: str) -> bytes:
    """The sealed bytes of a file."""
    [(sealed,)] = await tx.tuples(SQL.file_content, id=file_id)
    return bytes(sealed)


async def remove_files(tx: Transaction, ids: Iterable[str], *, now: datetime) -> None:
    """Take files out of the draft."""
    await tx.run(SQL.remove_files, ids=list(ids), now=now)


async def count_by_state(tx: Transaction, merchant_id: str) -> dict[DisputeState, int]:
    """How many disputes of a merchant are in each state."""
    found = await tx.tuples(SQL.count_disputes_by_state, merchant_id=merchant_id)
    return {DisputeState(state): int(count) for state, count in found}


async def unanswered(tx: Transaction, merchant_id: str, *, limit: int) -> list[Dispute]:
    """A merchant's disputes in which nobody has said anything, the nearest deadline first."""
    return await tx.rows(SQL.unanswered_disputes, Dispute, merchant_id=merchant_id, limit=limit)


async def claim_due(
    tx: Transaction, channel: str, *, now: datetime, lease_until: datetime, limit: int
) -> list[str]:
    """Ids of disputes to ask a channel about, taken from other janitors until `lease_until`."""
    claimed = await tx.tuples(
        SQL.claim_due_disputes, channel=channel, now=now, lease_until=lease_until, limit=limit
    )
    return [id for (id,) in claimed]


async def to_warn(tx: Transaction, *, now: datetime, until: datetime, limit: int) -> list[str]:
    """Ids of disputes that nobody has answered and whose deadline is near."""
    return [id for (id,) in await tx.tuples(SQL.disputes_to_warn, now=now, until=until, limit=limit)]
