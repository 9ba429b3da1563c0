"""What of the ledger lies outside its database? The heads that were exported, as lines of JSON, a file for each month.

A file of heads is only ever appended to, and each line reaches the disk before the next thing happens. Keep the folder
where the database's administrators cannot write: it tells whether the end of the chain was cut off.
"""

import os
from pathlib import Path

import msgspec

from tael.ledger.proofs import Header


class ExportedHead(msgspec.Struct, frozen=True, kw_only=True):
    """A signed head as one line of JSON."""

    no: int
    sealed_at: str
    """For people; the header has it in microseconds."""
    header: str
    """The text that is hashed."""
    head_hex: str = msgspec.field(name="head")
    signature: str
    key: str

    @property
    def head(self) -> bytes:
        """The hash of the header."""
        return bytes.fromhex(self.head_hex)

    @property
    def line(self) -> str:
        """As it stands in a file, without the end of the line."""
        return msgspec.json.encode(self).decode()


def exported(header: Header, signature: bytes) -> ExportedHead:
    """A block's head, ready to leave the house."""
    return ExportedHead(
        no=header.no,
        sealed_at=header.sealed_at.isoformat(),
        header=header.text,
        head_hex=header.head.hex(),
        signature=signature.hex(),
        key=header.key,
    )


def append_head(folder: Path, month: str, head: ExportedHead) -> bool:
    """Add a head to the file of `month` (`2026-03`); says whether it was new. What is on its way to the disk is waited for."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    newest = newest_head(folder)
    if newest is not None and newest.no >= head.no and newest.head_hex == head.head_hex:
        return False
    file = folder / f"heads-{month}.jsonl"
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as lines:
        end = lines.seek(0, os.SEEK_END)
        torn = end and os.pread(lines.fileno(), 1, end - 1) != b"\n"
        lines.write(b"\n" * bool(torn) + head.line.encode() + b"\n")
        lines.flush()
        os.fsync(lines.fileno())
    sync_folder(folder)
    return True


def newest_head(folder: Path) -> ExportedHead | None:
    """The head of the highest block that was exported; `None` if none was. A torn line, left by a crash, is passed over."""
    for file in sorted(folder.glob("heads-*.jsonl"), reverse=True):
        heads = [head for line in file.read_bytes().splitlines() if (head := _read(line)) is not None]
        if heads:
            return max(heads, key=lambda head: head.no)
    return None


def every_head(folder: Path) -> dict[int, set[bytes]]:
    """The heads of all blocks that were exported, by number. More than one for a number means that the past was replaced."""
    heads: dict[int, set[bytes]] = {}
    for file in folder.glob("heads-*.jsonl"):
        with file.open("rb") as lines:
            for line in lines:
                head = _read(line)
                if head is not None:
                    heads.setdefault(head.no, set()).add(head.head)
    return heads


def _read(line: bytes) -> ExportedHead | None:
    try:
        head = msgspec.json.decode(line, type=ExportedHead)
        bytes.fromhex(head.head_hex)
    except (msgspec.MsgspecError, ValueError):
        return None
    return head


def sync_folder(folder: Path) -> None:
    """Wait until the names of a folder's files are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
