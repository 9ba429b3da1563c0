"""Where do months lie whose entries have left the database? In a file each, with a signed manifest beside it.

`2026-03.jsonl.gz` has the entries in the order of their numbers, a line each: the very texts that were hashed when they
were sealed, so a file is checked against the blocks as the database is. `2026-03.manifest.json` says what the file
holds and where every account stood at the end of the month. The same month always becomes the same bytes.
"""

import fcntl
import gzip
import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from tael.foundation.db import Transaction
from tael.ledger.errors import EntryIdReused, NotArchivable
from tael.ledger.files import sync_folder
from tael.ledger.model import Booked, JournalEntry, moment_of, number_at
from tael.ledger.proofs import NODE, Digest, digest_for, leaves_of
from tael.ledger.store import SQL

_ARCHIVE = b"\x03"
"""First byte of what is hashed for a manifest's signature."""
_START = bytes(32)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds."""

    form: str = "tael.archive.1"
    month: str
    first_no: int
    last_no: int
    """It holds every entry with a number from `first_no` to `last_no`."""
    entries: int
    digest: str
    """The hashes of all lines, each hashed with those before; in hexadecimal."""
    balances: list[tuple[int, str, str, int]]
    """Account number, code, currency and balance at the end of the month, of those that were not at zero."""

    @property
    def text(self) -> str:
        """The manifest in its one way of being written."""
        return json.dumps(msgspec.to_builtins(self))

    def signed_bytes(self, key: str) -> bytes:
        """What is signed: the hash that goes with the key."""
        return digest_for(key)(_ARCHIVE + self.text.encode())


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """An archived month as the database knows it."""

    month: date
    first_no: int
    last_no: int
    manifest: str
    key: str
    signature: bytes

    @property
    def name(self) -> str:
        """`2026-03`."""
        return f"{self.month:%Y-%m}"

    def read_manifest(self) -> Manifest:
        """The manifest as a struct; raises `ValueError` if it makes no sense."""
        return msgspec.json.decode(self.manifest, type=Manifest)


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────


class Fingerprint:
    """What is left of many lines: how many, and one hash."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self._state = _START
        self.lines = 0

    def add(self, texts: Sequence[str]) -> None:
        """Take some more lines in."""
        for leaf in leaves_of(texts, self._digest):
            self._state = self._digest(NODE + self._state + leaf)
        self.lines += len(texts)

    @property
    def hex(self) -> str:
        """The hash, in hexadecimal."""
        return self._state.hex()


class ArchiveWriter:
    """A file of entries in the making. It gets its name when it is whole and on the disk: at the end of the block."""

    def __init__(self, folder: Path, month: str, digest: Digest) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = entries_file(folder, month)
        self._draft = self._file.with_name(f".{self._file.name}")
        self._raw = self._draft.open("wb")
        self._zipped = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, mtime=0)
        self.fingerprint = Fingerprint(digest)

    def add(self, texts: Sequence[str]) -> None:
        """Append some entries."""
        self._zipped.write("".join([f"{text}\n" for text in texts]).encode())
        self.fingerprint.add(texts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        with self._raw:
            self._zipped.close()
            self._raw.flush()
            os.fsync(self._raw.fileno())
        if failure is None:
            self._draft.replace(self._file)
            sync_folder(self._file.parent)
        else:
            self._draft.unlink()


@contextmanager
def only_archivist(folder: Path) -> Iterator[None]:
    """Keep others from writing archives into the folder; raises `NotArchivable` if somebody does."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".archiving").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotArchivable("Somebody else archives a month at this moment.") from None
        yield


def entries_file(folder: Path, month: str) -> Path:
    """The file of a month's entries."""
    return folder / f"{month}.jsonl.gz"


def write_manifest(folder: Path, manifest: Manifest, *, key: str, signature: bytes) -> None:
    """Put the signed manifest beside the entries."""
    file = folder / f"{manifest.month}.manifest.json"
    draft = file.with_name(f".{file.name}")
    with draft.open("w", encoding="utf-8") as target:
        json.dump({"manifest": manifest.text, "key": key, "signature": signature.hex()}, target, indent=1)
        target.flush()
        os.fsync(target.fileno())
    draft.replace(file)
    sync_folder(folder)


def read_texts(file: Path, *, at_a_time: int = 10_000) -> Iterator[list[str]]:
    """The lines of a file of entries, some at a time; raises `OSError` or `EOFError` if it is damaged."""
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        batch = []
        for line in lines:
            batch.append(line.removesuffix("\n"))
            if len(batch) == at_a_time:
                yield batch
                batch = []
        if batch:
            yield batch


# ── What is left of an entry ──────────────────────────────────────────────────────────────────────────


class Remains(msgspec.Struct, frozen=True):
    """What tells a repeat of an archived entry from another one with its id."""

    no: int
    id: str
    effective_at: datetime | None
    terms: bytes
    lines: bytes

    def answer(self, entry: JournalEntry, *, regards_no: int | None) -> Booked | EntryIdReused:
        """The receipt that the archived entry got, for the same entry again; the refusal of another one with its id."""
        differing = self.differing_field(entry, regards_no=regards_no)
        if differing is None:
            return Booked(self.no, entry.id)
        return EntryIdReused(
            f"Entry {entry.id} is in an archived month of the books with another {differing}.",
            field=None if differing == _TERMS else differing,
        )

    def differing_field(self, entry: JournalEntry, *, regards_no: int | None) -> str | None:
        """In what an entry with the same id differs from the archived one; `None` if it is the same.

        `regards_no` is the number of the entry that it ends or reverses. What it leaves to the ledger differs from
        nothing.
        """
        if _half(_terms_of(entry, regards_no)) != self.terms:
            return _TERMS
        if entry.effective_at is not None and entry.effective_at != (self.effective_at or moment_of(self.no)):
            return "effective_at"
        follows = (entry.ends is not None or entry.reverses is not None) and not entry.postings
        lines = [[line.code, line.currency, line.amount_minor] for line in entry.postings]
        return None if follows or _half(lines) == self.lines else "postings"


def remains_of(text: str) -> Remains:
    """What stays in the database of the entry with that text."""
    _, no, id, kind, reference, phase, regards_no, effective, metadata, posted, held = json.loads(text)
    lines = [[code, currency, minor] for _, code, currency, minor, _ in posted or held or ()]
    expires = held[0][4] if held else None
    return Remains(
        no,
        id,
        None if effective is None else moment_of(effective),
        _half([kind, reference, phase, regards_no, expires, metadata or None]),
        _half(lines),
    )


def _terms_of(entry: JournalEntry, regards_no: int | None) -> list[Any]:
    expires = None if entry.expires_at is None else number_at(entry.expires_at)
    metadata = dict(entry.metadata) if entry.metadata else None
    return [entry.kind, entry.reference, entry.phase.value, regards_no, expires, metadata]


_TERMS = "kind, reference, phase, expiry, metadata or entry that it ends or reverses"


def _half(content: Any) -> bytes:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()[:16]


# ── The database ──────────────────────────────────────────────────────────────────────────────────────


async def all_archives(tx: Transaction) -> list[Archive]:
    """The archived months, oldest first."""
    return await tx.rows(SQL.all_archives, Archive)


async def find_archived(tx: Transaction, numbers: Sequence[int]) -> dict[int, Remains]:
    """What is left of those of the entries with these numbers that are archived."""
    return {row[0]: Remains(*row) for row in await tx.tuples(SQL.find_archived, numbers=list(numbers))}


async def archived_among(
    tx: Transaction, numbers: Mapping[str, int], *, known: Collection[str]
) -> Callable[[JournalEntry], Booked | EntryIdReused | None]:
    """What to answer an entry whose id belongs to an archived one: its receipt, or that the id is taken.

    `numbers` are those of all ids that are in the books, `known` the ids whose entries are still in the database. The
    function that this makes asks nobody: `None` if the entry's id is not an archived one's.
    """
    gone = {id: no for id, no in numbers.items() if id not in known}
    remains = await find_archived(tx, list(gone.values())) if gone else {}

    def answer(entry: JournalEntry) -> Booked | EntryIdReused | None:
        left = remains.get(gone.get(entry.id, -1))
        if left is None:
            return None
        return left.answer(entry, regards_no=numbers.get(entry.ends or entry.reverses or ""))

    return answer


async def take_out(tx: Transaction, archive: Archive, remains: Iterable[Remains], *, now: datetime) -> None:
    """Keep what is left of a month's entries, and drop the parts of the tables that held them. Takes the owner."""
    await tx.run(SQL.insert_archive, **msgspec.structs.asdict(archive), archived_at=now)
    rows = ((each.no, each.id, each.effective_at, each.terms, each.lines) for each in remains)
    await tx.copy(SQL.copy_archived_entries, rows)
    await tx.run(SQL.drop_months, month=archive.month, last_no=archive.last_no)
