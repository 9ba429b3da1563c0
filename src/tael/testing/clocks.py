"""A clock that stands still until somebody moves it."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Time by hand."""

    def __init__(self, now: datetime = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        """The moment it was set to."""
        return self._now

    def move(self, **duration: float) -> None:
        """Move on: `clock.move(minutes=15)`."""
        self._now += timedelta(**duration)
