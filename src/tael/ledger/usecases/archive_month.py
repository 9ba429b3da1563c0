"""Take a month out of the database: into a file, read back, and only then away. As the owner of the tables.

The order of the steps is the promise. The file is whole, on the disk and read back before one transaction writes down
what stays (the signed manifest, the remains of each entry) and drops the month's parts. Whoever dies before its commit
leaves a file and the month in the database, and begins again; whoever dies after it leaves the file.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from tael.foundation.db import Database, Transaction
from tael.foundation.signing import SigningKey
from tael.ledger.archives import (
    Archive,
    ArchiveWriter,
    Fingerprint,
    Manifest,
    all_archives,
    entries_file,
    only_archivist,
    read_texts,
    remains_of,
    take_out,
    write_manifest,
)
from tael.ledger.blocks import texts_of
from tael.ledger.errors import NotArchivable
from tael.ledger.model import moment_of, number_at
from tael.ledger.proofs import digest_for
from tael.ledger.store import SQL, closed_until

_AT_A_TIME = 20_000


async def archive_month(
    owner: Database, month: date, *, folder: Path, key: SigningKey, now: datetime
) -> Archive:
    """Archive all that is still in the database up to the end of `month`; raises `NotArchivable` saying why not."""
    with only_archivist(folder):
        return await _archive(owner, month, folder=folder, key=key, now=now)


async def _archive(owner: Database, month: date, *, folder: Path, key: SigningKey, now: datetime) -> Archive:
    begin = datetime(month.year, month.month, 1, tzinfo=UTC)
    end = (begin + timedelta(days=32)).replace(day=1)
    async with owner.transaction() as tx:
        await tx.freeze()
        before = await all_archives(tx)
        await _refuse_too_early(tx, begin, end, before, now=now)
        first_no, last_no = (before[-1].last_no + 1 if before else 0), number_at(end) - 1
        manifest = await _write(tx, f"{begin:%Y-%m}", first_no, last_no, before, folder=folder, key=key)
    _read_back(folder, manifest, key)
    archive = Archive(
        month=begin.date(),
        first_no=first_no,
        last_no=last_no,
        manifest=manifest.text,
        key=key.name,
        signature=key.sign(manifest.signed_bytes(key.name)),
    )
    write_manifest(folder, manifest, key=archive.key, signature=archive.signature)
    remains = (remains_of(text) for texts in read_texts(entries_file(folder, archive.name)) for text in texts)
    async with owner.transaction() as tx:
        if not (await tx.tuples(SQL.be_the_only_archivist))[0][0] or await all_archives(tx) != before:
            raise NotArchivable(f"Somebody else archives {archive.name} at this moment.")
        await take_out(tx, archive, remains, now=now)
    return archive


async def _refuse_too_early(
    tx: Transaction, begin: datetime, end: datetime, before: list[Archive], *, now: datetime
) -> None:
    name = f"{begin:%Y-%m}"
    if before and before[-1].month >= begin.date():
        raise NotArchivable(f"{name} is archived already.")
    if end > now:
        raise NotArchivable(f"{name} is not over.")
    closed = await closed_until(tx)
    if closed is None or closed < end:
        raise NotArchivable(
            f"The books are not closed until the end of {name}.", hint="Close the period first."
        )
    oldest = (await tx.tuples(SQL.first_live_number))[0][0]
    if oldest is not None and oldest < number_at(begin):
        raise NotArchivable(f"Months are archived in order: {moment_of(oldest):%Y-%m} comes first.")
    [(unsealed, held)] = await tx.tuples(SQL.why_not_archived, last_no=number_at(end) - 1)
    if unsealed is not None:
        raise NotArchivable(f"Entry no. {unsealed} is not sealed yet.", hint="Let the worker seal it.")
    if held is not None:
        raise NotArchivable(f"The pending entry no. {held} has not ended.", hint="Post or void it first.")


async def _write(
    tx: Transaction,
    month: str,
    first_no: int,
    last_no: int,
    before: list[Archive],
    *,
    folder: Path,
    key: SigningKey,
) -> Manifest:
    with ArchiveWriter(folder, month, digest_for(key.name)) as writer:
        at = first_no
        while rows := await texts_of(tx, "entries", first_no=at, last_no=last_no, limit=_AT_A_TIME):
            writer.add([text for _, text in rows])
            at = rows[-1][0] + 1
    openings = before[-1].read_manifest().balances if before else []
    balances = await tx.tuples(
        SQL.closing_balances,
        last_no=last_no,
        account_nos=[no for no, *_ in openings],
        openings=[minor for *_, minor in openings],
    )
    return Manifest(
        month=month,
        first_no=first_no,
        last_no=last_no,
        entries=writer.fingerprint.lines,
        digest=writer.fingerprint.hex,
        balances=[msgspec.convert(row, tuple[int, str, str, int]) for row in balances],
    )


def _read_back(folder: Path, manifest: Manifest, key: SigningKey) -> None:
    """Believe the disk, not ourselves."""
    found = Fingerprint(digest_for(key.name))
    for texts in read_texts(entries_file(folder, manifest.month)):
        found.add(texts)
    if (found.lines, found.hex) != (manifest.entries, manifest.digest):
        raise NotArchivable(
            f"The file of {manifest.month} in {folder} reads otherwise than it was written.",
            hint="Look after the disk. Nothing was taken out of the database.",
        )
