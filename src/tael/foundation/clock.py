"""What time is it? The only place that asks the machine.

Everything else is handed a `Clock`, so that tests and simulations can move time by hand.
Times are aware and in UTC; a page turns them into the reader's zone.
"""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had one zone without daylight saving since 1991."""

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between these lie the moments that people mean; far beyond them are some that cannot be read back."""


class Clock(Protocol):
    """A source of the present moment."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment by the machine's clock, in UTC."""
        return datetime.now(UTC)


def unix_milliseconds() -> int:
    """Milliseconds since 1970 by the machine's clock; for ids, never for business time."""
    return time.time_ns() // 1_000_000


def monotonic_seconds() -> float:
    """Seconds on a clock that never goes back; for measuring durations only."""
    return time.monotonic()
