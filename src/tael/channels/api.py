"""The verbs of channels: set one up, call it, read its notices, fetch what it tells, look up what was said."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from tael.channels import store
from tael.channels.errors import NotOffered, Unclaimable
from tael.channels.model import (
    CertificateInUse,
    Configuration,
    Exchange,
    ExchangeFilter,
    ExchangeKind,
    Measure,
    Proposed,
    Trouble,
    Unclaimed,
)
from tael.channels.port import (
    Bill,
    BillWanted,
    Capabilities,
    ConnectorKind,
    FeedPage,
    InboundNotice,
    Notice,
    NoticeReply,
    Operation,
    Outcome,
    Request,
)
from tael.channels.registry import connector_kinds
from tael.channels.store import AcceptedNotice
from tael.channels.transport import Door, NoAnswer, Transport
from tael.channels.usecases import configure
from tael.channels.usecases.calls import Caller, Observer
from tael.channels.usecases.desks import Desks
from tael.channels.usecases.journal import Journal
from tael.channels.usecases.notices import Ear
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState, list_proposals
from tael.foundation.sealing import Sealer

__all__ = ["AcceptedNotice", "Channels", "NoAnswer"]

log = structlog.get_logger("tael.channels")

FEED_LEASE = timedelta(seconds=60)


class Channels:
    """The channels of this installation, as this process speaks to them."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        clock: Clock,
        sealer: Sealer,
        *,
        calls_at_once: int = 64,
    ) -> None:
        """`calls_at_once` to each channel at most; more wait for a moment, and are then refused unsent."""
        self._database = database
        self._transport = transport
        self._clock = clock
        self._sealer = sealer
        self._desks = Desks(database, clock, sealer, calls_at_once=calls_at_once)
        self._journal = Journal(database, clock)
        self._caller = Caller(transport, self._journal, clock)
        self._ear = Ear(self._caller, self._journal, clock)

    async def start(self) -> None:
        """Set up every channel, and begin to keep the journal."""
        await self.refresh()
        self._journal.start()

    async def refresh(self) -> bool:
        """Use what was approved since the last time; whether there was something."""
        async with self._database.transaction() as tx:
            if await store.numbers_in_use(tx) == self._desks.numbers():
                return False
            configurations = await store.configurations_in_use(tx)
        return self._desks.set_up(configurations)

    async def close(self) -> None:
        """Write what was noted, and close the connections to all channels."""
        await self._journal.stop()
        await self._transport.close()

    def watch(self, observer: Observer) -> None:
        """Tell `observer` of each call as it ends."""
        self._caller.observers.append(observer)

    def open_door(self, name: str, door: Door) -> None:
        """Let somebody of this process answer the channels whose addresses begin with `name` and a slash."""
        self._transport.open_door(name, door)

    # What there is.

    def names(self) -> list[str]:
        """The channels that can be used, in alphabetical order."""
        return self._desks.names()

    def capabilities(self, channel: str) -> Capabilities:
        """What a channel can do; refuses `NoSuchChannel`."""
        return self._desks.get(channel).connector.capabilities

    def configuration(self, channel: str) -> Configuration:
        """How a channel is spoken to now, without its secrets; refuses `NoSuchChannel`."""
        return self._desks.get(channel).configuration

    def moves_no_real_money(self, channel: str) -> bool:
        """Whether only a simulator can be behind it; refuses `NoSuchChannel`."""
        return self._desks.get(channel).simulated

    def certificates(self, channel: str) -> Sequence[CertificateInUse]:
        """The certificates in what a channel is told, the first to end first; refuses `NoSuchChannel`."""
        return self._desks.get(channel).certificates

    def troubles(self) -> Sequence[Trouble]:
        """Which newest configurations cannot be used here, and why: their channels stay as they were, or are not there."""
        return self._desks.troubles()

    def connectors(self) -> Mapping[str, ConnectorKind]:
        """What can be set up here, by name, with all that each has to be told."""
        return connector_kinds()

    # How they are set up.

    async def propose(
        self,
        tx: Transaction,
        channel: str,
        *,
        connector: str,
        settings: Mapping[str, Any],
        credentials: Mapping[str, str],
        keep: bool = False,
        note: str,
        by: str,
    ) -> Proposal:
        """Say how a channel shall be spoken to; nothing changes until somebody else approves.

        keep   whether credentials that are not named stay as they are
        """
        return await configure.propose(
            tx,
            channel,
            connector=connector,
            settings=settings,
            credentials=credentials,
            keep=keep,
            note=note,
            by=by,
            sealer=self._sealer,
            now=self._clock.now(),
        )

    async def approve(
        self, tx: Transaction, proposal_id: str, *, by: str, note: str = "", digest: str | None = None
    ) -> int | None:
        """Let it be so, in every process within seconds; gives the number of the configuration.

        digest   of the proposal that `by` has looked at

        Refuses `ProposalOvertaken` if the channel was told something else since it was proposed.
        """
        return await configure.decide(
            tx,
            proposal_id,
            approve=True,
            by=by,
            note=note,
            digest=digest,
            sealer=self._sealer,
            now=self._clock.now(),
        )

    async def refuse(
        self, tx: Transaction, proposal_id: str, *, by: str, note: str = "", digest: str | None = None
    ) -> None:
        """Let it not be so."""
        await configure.decide(
            tx,
            proposal_id,
            approve=False,
            by=by,
            note=note,
            digest=digest,
            sealer=self._sealer,
            now=self._clock.now(),
        )

    async def proposals(
        self,
        tx: Transaction,
        *,
        channel: str | None = None,
        state: ProposalState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Proposal]:
        """What was proposed, newest first, before the one with the id `before`; what it would tell a channel stays sealed."""
        wanted = ProposalFilter(kind=configure.KIND, subject=channel, state=state, before=before, limit=limit)
        return await list_proposals(tx, wanted, now=self._clock.now())

    async def look_at(self, tx: Transaction, proposal_id: str) -> tuple[Proposal, Proposed]:
        """A proposal, and what it would change today, without secrets; refuses `NoSuchProposal`."""
        return await configure.look(tx, proposal_id, sealer=self._sealer, now=self._clock.now())

    async def install(
        self,
        tx: Transaction,
        channel: str,
        *,
        connector: str,
        settings: Mapping[str, Any],
        credentials: Mapping[str, str],
        by: str,
    ) -> int:
        """Set up a channel that moves no real money, and did not so far; refuses `TakesTwo` for any other."""
        return await configure.install(
            tx,
            channel,
            connector=connector,
            settings=settings,
            credentials=credentials,
            by=by,
            sealer=self._sealer,
            now=self._clock.now(),
        )

    async def configurations(
        self, tx: Transaction, channel: str, *, limit: int = 50
    ) -> Sequence[Configuration]:
        """How a channel was spoken to, newest first, without secrets."""
        return await store.configurations_of(tx, channel, limit=limit)

    # How they are spoken to.

    async def call(self, channel: str, request: Request, *, timeout_seconds: float | None = None) -> Outcome:
        """Ask a channel, and never guess: whatever is not a definite, verified answer is `UNKNOWN`.

        Refuses `NoSuchChannel`, `NotOffered` and `ChannelBusy`: then nothing was sent.
        """
        desk = self._desks.get(channel)
        if request.operation not in desk.connector.capabilities.operations:
            raise NotOffered(f"{channel} cannot {request.operation.replace('_', ' ')}.", field="channel")
        return await self._caller.call(desk, request, timeout_seconds=timeout_seconds)

    async def probe(self, channel: str) -> Outcome | None:
        """Ask something harmless; `None` if the channel has nothing of that kind."""
        if Operation.PROBE not in self.capabilities(channel).operations:
            return None
        return await self.call(channel, Request(operation=Operation.PROBE))

    async def fetch_bill(self, channel: str, wanted: BillWanted) -> Bill:
        """A day's record; refuses `NotOffered`, `BillNotReady`, `BillRefused`, `ChannelBusy`; raises `NoAnswer`."""
        desk = self._desks.get(channel)
        return await self._caller.fetch(
            desk,
            lambda: desk.connector.fetch_bill(wanted, now=self._clock.now()),
            Bill,
            kind=ExchangeKind.BILL,
            what=f"{wanted.kind} {wanted.day}",
        )

    # What they say by themselves.

    def read_notice(self, channel: str, inbound: InboundNotice) -> Notice:
        """What a notice says; refuses `NoticeRefused` if it cannot be believed."""
        return self._ear.read(self._desks.get(channel), inbound)

    def accept_notice(self, channel: str) -> NoticeReply:
        """The reply that ends the repetitions. To be given only after the consequences are committed."""
        return self._ear.accept(self._desks.get(channel))

    def refuse_notice(self, channel: str, inbound: InboundNotice, reason: str) -> NoticeReply:
        """The reply that makes the channel send the notice again."""
        return self._ear.refuse(self._desks.get(channel), inbound, reason)

    async def known_notices(self, tx: Transaction, notices: Sequence[AcceptedNotice]) -> set[tuple[str, str]]:
        """Channel and id of the notices that were accepted before."""
        return await store.find_notices(tx, notices) if notices else set()

    async def remember_notices(self, tx: Transaction, notices: Sequence[AcceptedNotice]) -> None:
        """Accept notices, in the transaction of their consequences."""
        if notices:
            await store.insert_notices(tx, notices, accepted_at=self._clock.now())

    async def claim_feed(self, channel: str) -> str | None:
        """From where to fetch what a channel tells, if nobody else is fetching."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            return await store.lease_feed(tx, channel, now=now, until=now + FEED_LEASE)

    async def fetch_notices(self, channel: str, cursor: str) -> FeedPage:
        """What a channel has told since `cursor`; refuses `ChannelBusy` and `ConnectorFailed`; raises `NoAnswer`."""
        return await self._ear.fetch(self._desks.get(channel), cursor)

    async def keep_cursor(self, channel: str, cursor: str) -> None:
        """Remember how far was fetched. To be called only after the notices' consequences are committed."""
        async with self._database.transaction() as tx:
            await store.keep_cursor(tx, channel, cursor, now=self._clock.now())

    async def release_feed(self, channel: str, *, trouble: str | None = None) -> None:
        """Let anybody fetch again; `trouble` says what went wrong."""
        async with self._database.transaction() as tx:
            await store.end_lease(tx, channel, trouble=trouble)

    async def set_aside(self, channel: str, notice: Notice) -> None:
        """Write down money that arrived and that nobody was waiting for; operations find its owner."""
        outcome = notice.outcome
        if outcome is None:
            raise Unclaimable("A notice that tells nothing brings no money.")
        arrived = outcome.received or outcome.amount
        unclaimed = Unclaimed(
            channel=channel,
            notice_id=notice.notice_id,
            channel_reference=outcome.channel_reference,
            amount_minor=arrived.minor if arrived else None,
            currency=arrived.currency if arrived else None,
            payer_hint=outcome.payer_hint,
            heard_at=self._clock.now(),
        )
        log.warning("money_unclaimed", channel=channel, notice=notice.notice_id)
        async with self._database.transaction() as tx:
            await store.insert_unclaimed(tx, unclaimed)

    async def unclaimed(
        self, tx: Transaction, *, channel: str | None = None, limit: int = 50
    ) -> Sequence[Unclaimed]:
        """Money that nobody was waiting for, newest first."""
        return await store.list_unclaimed(tx, channel=channel, limit=limit)

    # What was said, and how it went.

    async def exchanges(self, tx: Transaction, wanted: ExchangeFilter) -> Sequence[Exchange]:
        """What was said, masked, newest first; a moment after it was said."""
        return await store.list_exchanges(tx, wanted)

    async def measures(
        self,
        tx: Transaction,
        *,
        since: datetime,
        until: datetime,
        channel: str | None = None,
        limit: int = 100_000,
    ) -> Sequence[Measure]:
        """How operations went, by the hour."""
        return await store.measures(tx, since=since, until=until, channel=channel, limit=limit)

    async def write_notes(self) -> None:
        """Write what this process has noted, without waiting for the moment at which it does so by itself."""
        await self._journal.write_all()

    async def forget_exchanges(self, *, older_than: timedelta) -> int:
        """Delete what was said long ago; gives how much."""
        return await self._journal.forget(older_than=older_than)
