"""How does a test get a partner that has come so far? Channels made by hand, papers, signed reports, and the way."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tael.acceptance.model import Case, Fault, Report, Verdict, Words, digest_of, signed
from tael.channels.errors import NoAnswer, NoSuchChannel
from tael.channels.model import LATENCY_BOUNDS_MS, CertificateInUse, Configuration, Measure
from tael.channels.port import (
    AmountRange,
    Bill,
    BillLine,
    BillWanted,
    Capabilities,
    Operation,
    Product,
    Security,
)
from tael.channels.rules import certificates_in
from tael.foundation.db import Database, Transaction
from tael.foundation.signing import SigningKey, make_key
from tael.partners.api import Partners
from tael.partners.model import DocumentKind, FeeLine, Guard, Partner, State, Step
from tael.partners.rules.way import CHECKS, PAPERS
from tael.partners.schemas import (
    Advance,
    Change,
    ChangeFees,
    Decide,
    GoLive,
    OpenPartner,
    ProposalBody,
    Propose,
    RecordAcceptance,
    StartCanary,
    TickCheck,
    UploadDocument,
)
from tael.testing.clocks import ManualClock

ANN, BO, CY = "staff:ann", "staff:bo", "staff:cy"
GUARD = Guard(largest_failure_basis_points=500, smallest_sample=100)
LINE = FeeLine(currency="CNY", rate_millionths=6_000)
"""0.6 %."""
_ALL_AT_100_MS = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]


def capabilities_of_a_wallet() -> Capabilities:
    """A wallet with signatures everywhere."""
    return Capabilities(
        method="wallet",
        operations=frozenset({Operation.PAY, Operation.INQUIRE, Operation.REFUND}),
        products=frozenset({Product.CODE, Product.H5}),
        amounts={"CNY": AmountRange(1, 5_000_000)},
        security=Security(requests="RSA2", answers="RSA2", notices="RSA2", notice_window_seconds=300),
    )


class HandmadeChannels:
    """Channels as partners ask for them, each with what a test says about it."""

    def __init__(self) -> None:
        self.known: dict[str, Capabilities] = {}
        self.near: set[str] = set()
        """Those whose addresses are only this machine's."""
        self.told: dict[str, str] = {}
        """What each is told, with the certificates in it."""
        self.seen: list[Measure] = []
        self.bills: dict[str, Sequence[BillLine]] = {}
        """What the record of any day says; a channel without one does not answer."""

    def names(self) -> Sequence[str]:
        """Those that a test has made."""
        return sorted(self.known)

    def certificates(self, channel: str) -> Sequence[CertificateInUse]:
        """Those that stand in what it is told."""
        self.capabilities(channel)
        return certificates_in({"certificate": self.told.get(channel, "")})

    def capabilities(self, channel: str) -> Capabilities:
        """What a channel can do."""
        try:
            return self.known[channel]
        except KeyError:
            raise NoSuchChannel(f"There is no channel {channel}.", field="channel") from None

    def configuration(self, channel: str) -> Configuration:
        """How it is spoken to."""
        self.capabilities(channel)
        return Configuration(
            channel=channel,
            connector=f"{channel}_connector",
            number=1,
            settings={},
            proposed_by=ANN,
            approved_by=BO,
            active_from=ManualClock().now(),
        )

    def moves_no_real_money(self, channel: str) -> bool:
        """Whether a test says so."""
        self.capabilities(channel)
        return channel in self.near

    async def measures(
        self, tx: Transaction, *, since: datetime, until: datetime, channel: str | None = None
    ) -> Sequence[Measure]:
        """What a test has measured."""
        return [each for each in self.seen if since <= each.hour < until and channel in (None, each.channel)]

    async def fetch_bill(self, channel: str, wanted: BillWanted) -> Bill:
        """The lines that a test has written; no answer if it wrote none."""
        if channel not in self.bills:
            raise NoAnswer("no answer in time")
        return Bill(wanted=wanted, file_name="", content=b"", lines=self.bills[channel])

    def measured(
        self,
        channel: str,
        hour: datetime,
        *,
        calls: int,
        by_error: Mapping[str, int] | None = None,
        latency: Sequence[int] = (),
    ) -> None:
        """So many calls in that hour, of which so many failed."""
        failed = sum((by_error or {}).values())
        self.seen.append(
            Measure(
                channel=channel,
                operation=Operation.PAY,
                hour=hour.replace(minute=0, second=0, microsecond=0),
                calls=calls,
                by_state={"succeeded": calls - failed, "unknown": failed},
                by_error=by_error or {},
                latency=latency or [count * calls for count in _ALL_AT_100_MS],
            )
        )
        if len(self.seen[-1].latency) != len(LATENCY_BOUNDS_MS) + 1:
            raise ValueError("one count for each bound, and one more")


def passed_report(
    channel: str, *, connector: str, connector_version: str, can: Capabilities, now: datetime
) -> Report:
    """The report of a kit whose one case passed, not signed yet."""
    case = Case(
        scenario="pay.code",
        title=Words("Pay with a code", "扫码支付"),
        subject="pay",
        fault=Fault.NONE,
        verdict=Verdict.PASSED,
    )
    return Report(
        channel=channel,
        connector=connector,
        connector_version=connector_version,
        against="simulator",
        promises=digest_of(can),
        complete=True,
        started_at=now - timedelta(minutes=5),
        finished_at=now,
        cases=[case],
    )


class PartnersDesk:
    """Partners on a database, with a clock to be moved by hand, and channels to be made by hand."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.channels = HandmadeChannels()
        self.key: SigningKey = make_key("ed25519")
        self.version = "1.0.0"
        self.partners = Partners(
            database,
            self.channels,
            self.clock,
            connector_version=lambda _name: self.version,
            trusted_keys=lambda: {self.key.name},
        )

    @property
    def today(self) -> date:
        """The day that it is for our partners."""
        return self.partners.today

    def report(self, of: str, /, **changes: object) -> bytes:
        """A signed report that passed, unless `changes` say otherwise."""
        report = passed_report(
            of,
            connector=f"{of}_connector",
            connector_version=self.version,
            can=self.channels.capabilities(of),
            now=self.clock.now(),
        )
        return msgspec.json.encode(signed(msgspec.structs.replace(report, **changes), by=self.key))

    async def open(self, channel: str = "alpha") -> Partner:
        """A channel that is set up, and whose partner is being researched."""
        self.channels.known.setdefault(channel, capabilities_of_a_wallet())
        return await self.partners.do(
            channel, OpenPartner(title=f"{channel.title()} Pay Ltd.", owner=ANN), actor=ANN
        )

    async def finish(self, channel: str, step: Step, *, papers: bool = True) -> None:
        """Tick every check of a step, and hand in its documents."""
        for name in CHECKS[step]:
            await self.partners.do(channel, TickCheck(step=step, name=name), actor=ANN)
        for kind in PAPERS[step] if papers else ():
            if kind is DocumentKind.ACCEPTANCE_REPORT:
                await self.partners.do(channel, RecordAcceptance(content=self.report(channel)), actor=ANN)
            else:
                await self.upload(channel, kind)

    async def upload(self, channel: str, kind: DocumentKind, *, until: date | None = None) -> str:
        """Hand in a document that holds from today; gives its id."""
        command = UploadDocument(
            kind=kind, name=f"{kind}.pdf", content=b"%PDF-1.7", valid_from=self.today, valid_until=until
        )
        return (await self.partners.do(channel, command, actor=ANN)).id

    async def propose(self, channel: str, change: Change, *, by: str = ANN) -> ProposalBody:
        """One person wants a change."""
        return await self.partners.do(channel, Propose(change=change, note="as agreed"), actor=by)

    async def decide(self, proposal: ProposalBody, *, by: str = BO, approve: bool = True) -> ProposalBody:
        """Another says yes or no to what they read."""
        return await self.partners.do(proposal.id, Decide(approve=approve, digest=proposal.digest), actor=by)

    async def agree(self, channel: str, change: Change) -> ProposalBody:
        """Two people want a change."""
        return await self.decide(await self.propose(channel, change))

    async def fees(self, channel: str, *lines: FeeLine) -> None:
        """A fee table from now on."""
        await self.agree(channel, ChangeFees(effective_from=self.clock.now(), lines=lines or (LINE,)))

    async def walk(self, channel: str, to: State) -> Partner:
        """Open a partner and lead it the whole way to `ACCEPTANCE`, `CANARY` or `LIVE`."""
        await self.open(channel)
        for step in (Step.RESEARCH, Step.NEGOTIATION, Step.CONTRACT, Step.INTEGRATION):
            await self.finish(channel, step)
            await self.partners.do(channel, Advance(owner=ANN), actor=ANN)
        if to in (State.CANARY, State.LIVE):
            await self.fees(channel)
            await self.finish(channel, Step.ACCEPTANCE)
            await self.agree(channel, self.canary())
        if to is State.LIVE:
            await self.finish(channel, Step.CANARY)
            self.channels.measured(channel, self.clock.now(), calls=GUARD.smallest_sample)
            await self.agree(channel, GoLive())
        return (await self.partners.reads.partner(channel, today=self.today)).partner

    @staticmethod
    def canary(share_basis_points: int = 500) -> StartCanary:
        """A small share, under `GUARD`."""
        return StartCanary(
            owner=ANN,
            share_basis_points=share_basis_points,
            largest_failure_basis_points=GUARD.largest_failure_basis_points,
            smallest_sample=GUARD.smallest_sample,
        )
