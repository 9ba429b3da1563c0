"""What does a provider remember of a question? By the client's number: it looks once, and answers repeats from here."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from tael.simulators.base import Drawer, Journal

LATER = timedelta(seconds=30)


class Asked(msgspec.Struct, kw_only=True):
    """One question, however often it came."""

    number: str
    product: str
    digest: str
    """Of the question: the same number with another one is refused."""
    reference: str
    handle: str
    """Of the page where the person shows themselves."""
    said: dict[str, Any]
    """The answer as soon as it is known."""
    asked_at: datetime
    due_at: datetime | None = None
    """When the truth is known by itself; `None`: it is, or somebody has to show themselves first."""
    waits: bool = False
    """Whether the person has to show themselves."""
    notify_url: str = ""
    times_asked: int = 0
    wrong_left: int = 0
    """How often it still goes wrong."""
    told: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether the answer is known."""
        return not self.waits and (self.due_at is None or self.due_at <= now)


class Book:
    """Every question."""

    def __init__(self, journal: Journal) -> None:
        self._drawer: Drawer[Asked] = journal.drawer("asked", Asked)

    def __iter__(self) -> Any:
        return iter(list(self._drawer.things.values()))

    def __len__(self) -> int:
        return len(self._drawer.things)

    def find(self, number: str) -> Asked | None:
        """The question of that number."""
        return self._drawer.things.get(number)

    def of_handle(self, handle: str) -> Asked | None:
        """The question whose page this is."""
        return next((each for each in self._drawer.things.values() if handle and each.handle == handle), None)

    def keep(self, asked: Asked) -> None:
        """Write it down as it is now."""
        self._drawer.keep(asked.number, asked)
