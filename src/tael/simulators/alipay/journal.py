"""What survives a crash of this process? Every trade and notice, one line of JSON per change.

A line is handed to the operating system before anybody is answered, so killing the process forgets nothing.
(A failing machine may: this is a simulator, and waiting for the disk would be most of its work.) The
last line about a thing counts. At the start the file is rewritten with only those.
"""

import fcntl
import os
from pathlib import Path

import msgspec

from tael.foundation.errors import Unavailable
from tael.simulators.alipay.notices import Notice
from tael.simulators.alipay.trades import Trade


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    trade: Trade | None = None
    notice: Notice | None = None


class Journal:
    """An append-only file, or nothing at all if `file` is None."""

    def __init__(self, file: Path | None) -> None:
        self._encoder = msgspec.json.Encoder()
        self.trades: dict[str, Trade] = {}
        self.notices: dict[str, Notice] = {}
        self._descriptor: int | None = None
        self._lock: int | None = None
        if file is not None:
            self._lock = _lock(file)
            self._read(file)
            self._rewrite(file)
            self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND)

    def keep_trade(self, trade: Trade) -> None:
        """Write the trade as it is now."""
        self._append(_Line(trade=trade))

    def keep_notice(self, notice: Notice) -> None:
        """Write the notice as it is now."""
        self._append(_Line(notice=notice))

    def end(self) -> None:
        """Close the file; nothing is kept after that."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _append(self, line: _Line) -> None:
        if self._descriptor is not None:
            os.write(self._descriptor, self._encoder.encode(line) + b"\n")

    def _read(self, file: Path) -> None:
        """Take in the lines of an earlier life; the last one may be torn by the crash that ended it."""
        if not file.exists():
            return
        decoder = msgspec.json.Decoder(_Line)
        lines = file.read_bytes().split(b"\n")
        for text in lines[:-1]:
            line = decoder.decode(text)
            if line.trade is not None:
                self.trades[line.trade.out_trade_no] = line.trade
            if line.notice is not None:
                self.notices[line.notice.notify_id] = line.notice

    def _rewrite(self, file: Path) -> None:
        draft = file.with_name(file.name + ".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            for trade in self.trades.values():
                opened.write(self._encoder.encode(_Line(trade=trade)) + b"\n")
            for notice in self.notices.values():
                opened.write(self._encoder.encode(_Line(notice=notice)) + b"\n")
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
