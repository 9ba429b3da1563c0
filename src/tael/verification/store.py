"""Where do checks lie? The context's only SQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.verification.model import Check, CheckFilter, Element, SourceFigures, SourceName

SQL = queries("tael.verification")


async def lock_subject(tx: Transaction, subject: str) -> None:
    """Let nobody else begin a check of this person until the transaction ends."""
    await tx.tuples(SQL.lock_subject, subject=subject)


async def count_since(tx: Transaction, subject: str, source: SourceName, *, since: datetime) -> int:
    """How many checks of a person at a source were begun since then."""
    [(count,)] = await tx.tuples(SQL.count_since, subject=subject, source=source, since=since)
    return int(count)


async def insert(
    tx: Transaction,
    *,
    id: str,
    subject: str,
    source: SourceName,
    digest: bytes,
    elements: Sequence[Element],
    sealed: bytes,
    now: datetime,
    next_ask_at: datetime,
) -> bool:
    """Write a new check with its question; false if there is one of this number."""
    written = await tx.run(
        SQL.insert_check,
        id=id,
        subject=subject,
        source=source,
        digest=digest,
        elements=list(elements),
        now=now,
        next_ask_at=next_ask_at,
    )
    if written:
        await tx.run(SQL.insert_question, check_id=id, sealed=sealed)
    return written == 1


async def digest_of(tx: Transaction, id: str) -> tuple[str, bytes] | None:
    """Whom a check is about, and the digest of what it asks."""
    for subject, digest in await tx.tuples(SQL.digest_of_check, id=id):
        return str(subject), bytes(digest)
    return None


async def find(tx: Transaction, ids: Iterable[str]) -> dict[str, Check]:
    """The checks as they stand."""
    return {each.id: each for each in await tx.rows(SQL.find_checks, Check, ids=list(ids))}


async def lock(tx: Transaction, id: str) -> Check | None:
    """A check, locked until the transaction ends."""
    return await tx.row(SQL.lock_check, Check, id=id)


async def page(tx: Transaction, wanted: CheckFilter) -> list[Check]:
    """One page, newest first."""
    return await tx.rows(SQL.list_checks, Check, **msgspec.structs.asdict(wanted))


async def how_sources_did(tx: Transaction, *, since: datetime) -> list[SourceFigures]:
    """Of each source that was asked since then."""
    return await tx.rows(SQL.how_sources_did, SourceFigures, since=since)


async def face_shown_at(tx: Transaction, subject: str) -> datetime | None:
    """When a person last began to show a face that was theirs."""
    found: list[tuple[datetime | None]] = await tx.tuples(SQL.face_shown_at, subject=subject)
    return found[0][0]


async def sources_due(tx: Transaction, *, now: datetime) -> list[SourceName]:
    """The sources that are to be asked about something."""
    return [SourceName(name) for (name,) in await tx.tuples(SQL.sources_due, now=now)]


async def claim_due(
    tx: Transaction, source: SourceName, *, now: datetime, lease_until: datetime, limit: int
) -> list[str]:
    """Ids of checks to ask about, taken from other workers until `lease_until`."""
    claimed = await tx.tuples(
        SQL.claim_due_checks, source=source, now=now, lease_until=lease_until, limit=limit
    )
    return [str(id) for (id,) in claimed]


async def claim(tx: Transaction, id: str, *, lease_until: datetime) -> bool:
    """Take one open check; false if it has ended."""
    return await tx.run(SQL.claim_check, id=id, lease_until=lease_until) == 1


async def update(tx: Transaction, check: Check) -> None:
    """Write what became of it; its question is forgotten when it ends."""
    row = msgspec.structs.asdict(check)
    for fixed in ("subject", "source", "elements", "times_asked", "created_at"):
        del row[fixed]
    row["findings"] = msgspec.json.encode(check.findings).decode()
    await tx.run(SQL.update_check, **row)
    if not check.is_open:
        await tx.run(SQL.forget_question, check_id=check.id)


async def question_of(tx: Transaction, id: str) -> bytes | None:
    """The sealed question of an open check."""
    for (sealed,) in await tx.tuples(SQL.question_of, check_id=id):
        return bytes(sealed)
    return None


async def insert_document_read(tx: Transaction, id: str, *, sealed: bytes, at: datetime) -> None:
    """Keep what was read off a document."""
    await tx.run(SQL.insert_document_read, check_id=id, sealed=sealed, read_at=at)


async def document_read(tx: Transaction, id: str) -> bytes | None:
    """What was read off a document, sealed, as long as it is kept."""
    for (sealed,) in await tx.tuples(SQL.document_read, check_id=id):
        return bytes(sealed)
    return None


async def forget_documents_read(tx: Transaction, *, before: datetime) -> None:
    """Keep no longer what was read off documents before then."""
    await tx.run(SQL.forget_documents_read, before=before)


async def erase(tx: Transaction, subject: str) -> None:
    """Every check of a person, with what was asked and read."""
    for query in (SQL.erase_questions_of, SQL.erase_documents_read_of, SQL.erase_checks_of):
        await tx.run(query, subject=subject)
