"""What does every verb about partners have at hand? The transaction, the hour, who asks, and what channels say."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

import msgspec

from tael.channels.model import CertificateInUse, Configuration, Measure
from tael.channels.port import Bill, BillWanted, Capabilities
from tael.foundation import outbox
from tael.foundation.clock import CHINA, Clock
from tael.foundation.db import Transaction
from tael.foundation.errors import NotFound
from tael.partners import store
from tael.partners.events import PartnerMoved
from tael.partners.model import Certificate, Guard, Move, Partner, State
from tael.partners.rules import way
from tael.partners.store import SQL

REPORT_LIFETIME = timedelta(days=180)
"""How old the report of an acceptance may be when a channel begins to carry real money."""


class KnownChannels(Protocol):
    """What partners ask of channels."""

    def capabilities(self, channel: str) -> Capabilities:
        """What a channel can do; refuses a channel that nobody has set up."""
        ...

    def configuration(self, channel: str) -> Configuration:
        """How it is spoken to; refuses a channel that nobody has set up."""
        ...

    def moves_no_real_money(self, channel: str) -> bool:
        """Whether only a simulator can be behind it; refuses a channel that nobody has set up."""
        ...

    def names(self) -> Sequence[str]:
        """Those that can be used."""
        ...

    def certificates(self, channel: str) -> Sequence[CertificateInUse]:
        """Those in what it is told; refuses a channel that nobody has set up."""
        ...

    async def measures(
        self, tx: Transaction, *, since: datetime, until: datetime, channel: str | None = None
    ) -> Sequence[Measure]:
        """How its calls went, by the hour."""
        ...

    async def fetch_bill(self, channel: str, wanted: BillWanted) -> Bill:
        """Its own record of a day; refuses what has no such record yet, or none at all; raises `NoAnswer`."""
        ...


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What partners need to know of the world."""

    clock: Clock
    channels: KnownChannels
    connector_version: Callable[[str], str]
    """The version of the connector of that name, as the acceptance kit writes it into reports."""
    trusted_keys: Callable[[], Collection[str]]
    """The public keys whose reports of acceptance are believed."""
    report_lifetime: timedelta = REPORT_LIFETIME

    def moves_no_real_money(self, channel: str) -> bool:
        """Whether only a simulator can be behind it; no, if nobody has set it up."""
        try:
            return self.channels.moves_no_real_money(channel)
        except NotFound:
            return False

    def certificates(self) -> list[Certificate]:
        """Those that stand in what channels are told: nobody has to hand them in, and nobody can forget to."""
        return [
            Certificate(
                id=f"{channel}:{read.field}:{read.fingerprint[:16]}",
                channel=channel,
                name=f"{read.field}: {read.subject} ({read.serial})",
                subject=read.subject,
                serial=read.serial,
                fingerprint=read.fingerprint,
                starts_at=read.starts_at,
                ends_at=read.ends_at,
                recorded_by=in_use.approved_by,
                recorded_at=in_use.active_from,
            )
            for channel in self.channels.names()
            for in_use in [self.channels.configuration(channel)]
            for read in self.channels.certificates(channel)
        ]


class Doing:
    """One command being done."""

    def __init__(self, desk: Desk, tx: Transaction, *, about: str, actor: str) -> None:
        self.desk = desk
        self.tx = tx
        self.about = about
        self.actor = actor
        self.now = desk.clock.now()
        self.moved: tuple[State, State] | None = None

    @property
    def today(self) -> date:
        """The day that it is for our partners."""
        return self.now.astimezone(CHINA).date()

    async def partner(self) -> Partner:
        """The partner that this is about, locked."""
        return await store.find_partner(self.tx, self.about, lock=True)

    async def move(
        self,
        partner: Partner,
        move: Move,
        *,
        share_basis_points: int = 0,
        guard: Guard | None = None,
    ) -> Partner:
        """Make a move and tell of it; refuses `NotFromHere`."""
        moved = moved_by(partner, move, now=self.now, share_basis_points=share_basis_points, guard=guard)
        await self.write(partner, moved)
        return moved

    async def write(self, before: Partner, after: Partner) -> None:
        """Write a partner as it is now, and tell of it if it has moved."""
        await store.write(self.tx, SQL.update_partner, after)
        if after.state is before.state:
            return
        self.moved = before.state, after.state
        event = PartnerMoved(
            object_id=after.channel,
            happened_at=self.now,
            from_state=before.state,
            to_state=after.state,
            by=self.actor,
        )
        await outbox.publish(self.tx, [event])

    async def remember(
        self, what: str, *, channel: str, note: str = "", object_id: str | None = None
    ) -> None:
        """Write a line of the partner's history, with the move if there was one."""
        from_state, to_state = self.moved or (None, None)
        await self.tx.run(
            SQL.insert_history,
            channel=channel,
            happened_at=self.now,
            actor=self.actor,
            what=what,
            from_state=from_state,
            to_state=to_state,
            note=note,
            object_id=object_id,
        )


def moved_by(
    partner: Partner,
    move: Move,
    *,
    now: datetime,
    share_basis_points: int = 0,
    guard: Guard | None = None,
) -> Partner:
    """The partner after a move; refuses `NotFromHere`. A suspended canary keeps its share and its guard."""
    state = way.after(partner, move)
    keeps = move in (Move.SUSPEND, Move.RESUME)
    return msgspec.structs.replace(
        partner,
        state=state,
        since=now,
        share_basis_points=partner.share_basis_points if keeps else share_basis_points,
        guard=partner.guard if keeps else guard,
        resumes_to=partner.state if move is Move.SUSPEND else None,
        version=partner.version + 1,
    )
