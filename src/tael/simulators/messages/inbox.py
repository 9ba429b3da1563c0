"""What arrived at which telephone, mailbox and browser? Kept in the order in which it came."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tael.simulators.base.journal import Drawer, Journal

SMS, EMAIL, PUSH = "sms", "email", "push"


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """One message, where it arrived."""

    number: int
    kind: str
    to: str
    id: str
    """As whoever sent it calls it."""
    title: str = ""
    text: str
    headers: dict[str, str] = {}
    """What went with it that says something: of a mail, of a push."""
    arrived_at: datetime


class Inbox:
    """All that arrived."""

    def __init__(self, journal: Journal) -> None:
        self._drawer: Drawer[Arrived] = journal.drawer("arrived", Arrived)

    def put(
        self,
        kind: str,
        to: str,
        *,
        id: str,
        text: str,
        at: datetime,
        title: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Something arrived."""
        number = len(self._drawer.things) + 1
        arrived = Arrived(
            number=number,
            kind=kind,
            to=to,
            id=id,
            title=title,
            text=text,
            headers=headers or {},
            arrived_at=at,
        )
        self._drawer.keep(f"{number:09}", arrived)

    def newest(self, *, kind: str = "", to: str = "", limit: int = 200) -> list[Arrived]:
        """What arrived, the newest first; at one address, if one is named."""
        chosen = [
            each
            for each in reversed(self._drawer.things.values())
            if kind in ("", each.kind) and to in ("", each.to)
        ]
        return chosen[:limit]

    def addresses(self) -> Iterable[tuple[str, str]]:
        """Where something arrived: kind and address, each once."""
        return dict.fromkeys((each.kind, each.to) for each in self._drawer.things.values())
