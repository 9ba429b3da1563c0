"""What survives a crash of this process? Every change of every thing, one line of JSON each.

A line is handed to the operating system before anybody is answered, so killing the process forgets nothing.
(A failing machine may: this is a simulator, and waiting for the disk would be most of its work.) The
last line about a thing counts. At the start the file is rewritten with only those.
"""

import fcntl
import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from tael.foundation.errors import Unavailable

T = TypeVar("T", bound=msgspec.Struct)
_Line = tuple[str, str, msgspec.Raw]
"""The drawer, the thing's number, the thing."""


class Drawer(Generic[T]):
    """All things of one kind, by number."""

    def __init__(self, journal: "Journal", name: str, things: dict[str, T]) -> None:
        self._journal = journal
        self._name = name
        self.things = things
        """In the order in which they were first kept."""

    def keep(self, number: str, thing: T) -> None:
        """Keep the thing as it is now; the line is written before this returns."""
        self.things[number] = thing
        self._journal.write(self._name, number, thing)


class Journal:
    """An append-only file, or nothing at all if `file` is None."""

    def __init__(self, file: Path | None) -> None:
        self._encoder = msgspec.json.Encoder()
        self._lines: dict[tuple[str, str], msgspec.Raw] = {}
        self._descriptor: int | None = None
        self._lock: int | None = None
        if file is not None:
            self._lock = _lock(file)
            self._read(file)
            self._rewrite(file)
            self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND)

    def drawer(self, name: str, kind: type[T]) -> Drawer[T]:
        """What an earlier life kept under `name`, and the place to keep more."""
        mine = [key for key in self._lines if key[0] == name]
        return Drawer(
            self, name, {key[1]: msgspec.json.decode(self._lines.pop(key), type=kind) for key in mine}
        )

    def write(self, drawer: str, number: str, thing: msgspec.Struct) -> None:
        """Append one line."""
        if self._descriptor is not None:
            os.write(self._descriptor, self._encoder.encode((drawer, number, thing)) + b"\n")

    def end(self) -> None:
        """Close the file; nothing is kept after that."""
        for descriptor in (self._descriptor, self._lock):
            if descriptor is not None:
                os.close(descriptor)
        self._descriptor = self._lock = None

    def _read(self, file: Path) -> None:
        """Take in the lines of an earlier life; the last one may be torn by the crash that ended it."""
        if not file.exists():
            return
        decoder = msgspec.json.Decoder(_Line)
        for text in file.read_bytes().split(b"\n")[:-1]:
            drawer, number, thing = decoder.decode(text)
            self._lines[drawer, number] = thing

    def _rewrite(self, file: Path) -> None:
        draft = file.with_name(file.name + ".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            for (drawer, number), thing in self._lines.items():
                opened.write(self._encoder.encode((drawer, number, thing)) + b"\n")
        draft.rename(file)


def _lock(file: Path) -> int:
    """Two simulators that wrote one record would each lose what the other one wrote."""
    descriptor = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Unavailable(
            f"Another simulator keeps its record in {file.parent}.",
            hint="Stop it, or give this one another --home.",
        ) from None
    return descriptor
