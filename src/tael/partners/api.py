"""The verbs of partners: do a command, answer a call, give terms, compare fees, score channels, make rounds."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, cast

import msgspec

from tael.channels.errors import NoAnswer
from tael.channels.port import BillKind, BillLine, BillWanted
from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import CHINA, Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Malformed, Unavailable
from tael.foundation.memory import Memory
from tael.partners import schemas, store
from tael.partners.errors import NoSuchPartner, NoSuchRecord
from tael.partners.model import FeeComparison, FeeTable, Outlook, Scorecard, State, Terms, TermsOfAll
from tael.partners.reads import PartnerView, Reads, terms_rows
from tael.partners.rules import way
from tael.partners.rules.fees import Traits, compare_fees
from tael.partners.schemas import Command
from tael.partners.schemas.changes import ABOUT_ALL
from tael.partners.schemas.words import check_days
from tael.partners.usecases import duties, four_eyes, outlook, papers, rounds, scoring, walk
from tael.partners.usecases.desk import REPORT_LIFETIME, Desk, Doing, KnownChannels

__all__ = ["Asked", "KnownChannels", "PartnerView", "Partners", "action_of"]

R = TypeVar("R")
Verb = Callable[[Doing, Any], Awaitable[Any]]

TERMS_SECONDS = 2
"""For so long at most terms are used as they were."""
MOST_DIFFERENCES = 100
_NOTES = ("note", "reason", "what", "decision", "findings", "evidence", "summary")
"""The field of a command that says why, for the history."""

VERBS: Mapping[type[Command[Any]], Verb] = {
    schemas.OpenPartner: walk.open_partner,
    schemas.Advance: walk.advance,
    schemas.GoBack: walk.go_back,
    schemas.StartTrial: walk.start_trial,
    schemas.EndTrial: walk.end_trial,
    schemas.AssignStep: walk.assign_step,
    schemas.TickCheck: walk.tick_check,
    schemas.RecordIncident: walk.record_incident,
    schemas.UploadDocument: papers.upload_document,
    schemas.EndDocument: papers.end_document,
    schemas.RecordAcceptance: papers.record_acceptance,
    schemas.RecordCertificate: papers.record_certificate,
    schemas.ReplaceCertificate: papers.replace_certificate,
    schemas.ScheduleWindow: duties.schedule_window,
    schemas.CancelWindow: duties.cancel_window,
    schemas.RecordPolicyChange: duties.record_policy_change,
    schemas.ReviewPolicyChange: duties.review_policy_change,
    schemas.ApplyPolicyChange: duties.apply_policy_change,
    schemas.MakeChecklist: duties.make_checklist,
    schemas.RetireChecklist: duties.retire_checklist,
    schemas.AnswerItem: duties.answer_item,
    schemas.PlanDrill: duties.plan_drill,
    schemas.RecordDrill: duties.record_drill,
    schemas.CancelDrill: duties.cancel_drill,
    schemas.Propose: four_eyes.propose,
    schemas.Decide: four_eyes.decide,
    schemas.Withdraw: four_eyes.withdraw,
}
"""Which verb does which command."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A command from outside: what it is about, and who asks."""

    about: str
    command: Command[Any]
    actor: str
    channel: str | None = None
    """Whose it has to be, if it is about a record; `None`: whosesoever it is."""


class Partners:
    """The partners of one platform."""

    def __init__(
        self,
        database: Database,
        channels: KnownChannels,
        clock: Clock,
        *,
        connector_version: Callable[[str], str],
        trusted_keys: Callable[[], Collection[str]],
    ) -> None:
        """`connector_version` by the connector's name, as reports say it; `trusted_keys` sign believed reports."""
        self._database = database
        self._clock = clock
        self._desk = Desk(
            clock=clock,
            channels=channels,
            connector_version=connector_version,
            trusted_keys=trusted_keys,
            report_lifetime=REPORT_LIFETIME,
        )
        self._clerk = Clerk(database, clock)
        self._terms = self._no_terms()
        self._last_terms: TermsOfAll = {}
        self.reads = Reads(database, clock, certificates=self._desk.certificates)

    @property
    def now(self) -> datetime:
        """The hour."""
        return self._clock.now()

    @property
    def today(self) -> date:
        """The day that it is for our partners."""
        return self._clock.now().astimezone(CHINA).date()

    # Changes.

    async def do(self, about: str, command: Command[R], *, actor: str) -> R:
        """Do a command about a channel, or about the thing with that id; raises what its verb refuses."""
        async with self._database.transaction() as tx:
            result = await self._do(tx, Asked(about=about, command=command, actor=actor))
            event = AuditEvent(
                happened_at=self._clock.now(),
                actor=actor,
                action=action_of(type(command)),
                object_id=_id_of(result, about),
                result="done",
            )
            await audit.record(tx, [event])
        self._terms = self._no_terms()
        return cast(R, result)

    async def answer(self, call: Call[Asked]) -> Answer:
        """Do a command under an Idempotency-Key, and give the answer as it goes out."""

        def shown(result: Any) -> tuple[str, Any]:
            return _id_of(result, call.command.about), result

        answer = await self._clerk.answer(call, self._do, shown=shown, status=200)
        self._terms = self._no_terms()
        return answer

    async def _do(self, tx: Transaction, asked: Asked) -> Any:
        command = _checked(asked.command)
        check_days(command)
        doing = Doing(self._desk, tx, about=asked.about, actor=asked.actor)
        result = await VERBS[type(command)](doing, command)
        channel = str(getattr(result, "channel", None) or getattr(result, "about", doing.about))
        if asked.channel not in (None, channel):
            raise NoSuchRecord(f"{asked.channel} has nothing with the id {asked.about[:40]!r}.", field="id")
        if channel != ABOUT_ALL:
            await doing.remember(
                action_of(type(command)),
                channel=channel,
                note=_note_of(command, result),
                object_id=getattr(result, "id", None),
            )
        return result

    async def outlook(self, channel: str) -> Outlook:
        """What may be done with a partner now, and what is missing for more; refuses `NoSuchPartner`."""
        async with self._database.transaction() as tx:
            return await outlook.look_ahead(Doing(self._desk, tx, about=channel, actor=""))

    # Terms and fees.

    async def terms(self) -> TermsOfAll:
        """On which terms each channel may be used, as it was at most `TERMS_SECONDS` ago. Cheap to ask."""
        return await self._terms.get("terms", self._read_terms)

    def terms_now(self) -> TermsOfAll:
        """The terms as they were last read: for whoever decides in microseconds. `refresh` reads them."""
        return self._last_terms

    async def refresh(self) -> None:
        """Read the terms again; to be called every `TERMS_SECONDS`, and once before anything is routed."""
        self._terms = self._no_terms()
        await self.terms()

    def _no_terms(self) -> Memory[str, TermsOfAll]:
        return Memory(self._clock, seconds=TERMS_SECONDS)

    async def _read_terms(self) -> TermsOfAll:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            partners, tables, windows = await terms_rows(tx, now)
        self._last_terms = {
            partner.channel: Terms(
                channel=partner.channel,
                state=partner.state,
                share_basis_points=way.share_of(
                    partner,
                    moves_no_real_money=partner.state is State.TRIAL
                    and self._desk.moves_no_real_money(partner.channel),
                ),
                fees=tuple(table for table in tables if table.channel == partner.channel),
                windows=tuple(window for window in windows if window.channel == partner.channel),
            )
            for partner in partners
        }
        return self._last_terms

    async def compare_fees(
        self, channel: str, lines: Sequence[BillLine], *, traits: Traits | None = None
    ) -> FeeComparison:
        """What a bill takes, against the fee tables of its channel; refuses `NoSuchPartner`.

        traits   product and card kind by order number, as far as they are known
        """
        async with self._database.transaction() as tx:
            await store.find_partner(tx, channel)
            tables: Sequence[FeeTable] = await store.fee_tables_of(tx, channel)
        now = self._clock.now()
        return await asyncio.to_thread(compare_fees, lines, tables, otherwise_at=now, traits=traits)

    async def compare_with_bill(self, channel: str, asked: schemas.BilledRequest) -> FeeComparison:
        """What the channel's own record of a day takes, against its fee tables, with the `MOST_DIFFERENCES` largest differences.

        The record of trades, or of funds if there is no other. Refuses `NoSuchPartner`, what channels refuse to fetch,
        and `Unavailable` if the channel does not answer.
        """
        check_days(asked)
        async with self._database.transaction() as tx:
            await store.find_partner(tx, channel)
        bills = self._desk.channels.capabilities(channel).bills
        kind = next((each for each in (BillKind.TRADES, BillKind.FUNDS) if each in bills), BillKind.TRADES)
        try:
            bill = await self._desk.channels.fetch_bill(channel, BillWanted(kind=kind, day=asked.day))
        except NoAnswer as silence:
            raise Unavailable(f"{channel} did not send its bill: {silence}.") from silence
        found = await self.compare_fees(channel, bill.lines)
        shown = found.differences[:MOST_DIFFERENCES]
        return msgspec.structs.replace(found, differences=shown, more=len(found.differences) - len(shown))

    # Scores.

    async def scorecards(
        self, *, since: datetime, until: datetime, channel: str | None = None
    ) -> Sequence[Scorecard]:
        """Each channel in figures, or one; refuses `NoSuchPartner`."""
        async with self._database.transaction() as tx:
            cards = await scoring.score_all(self._desk, tx, since=since, until=until, channel=channel)
        if channel is not None and not cards:
            raise NoSuchPartner(f"Nobody has begun with the channel {channel[:40]!r}.", field="channel")
        return cards

    # Rounds.

    async def judge_canaries(self) -> None:
        """Let canaries step back that failed their guards."""
        for partner in await self.reads.partners(state=State.CANARY, limit=200):
            async with self._database.transaction() as tx:
                stepped_back = await rounds.judge_canary(self._desk, tx, partner.channel)
            if stepped_back is not None:
                self._terms = self._no_terms()

    async def make_runs(self) -> None:
        """Make the runs of check-lists that are due soon."""
        async with self._database.transaction() as tx:
            await rounds.make_runs(self._desk, tx)

    async def remind(self) -> None:
        """Tell of deadlines that have come near."""
        async with self._database.transaction() as tx:
            await rounds.remind(self._desk, tx)


def action_of(command: type[Command[Any]]) -> str:
    """The verb in words, for audit trail and history: `partners.start_trial`."""
    return "partners." + re.sub(r"(?<!^)(?=[A-Z])", "_", command.__name__).lower()


def _note_of(command: Command[Any], result: object) -> str:
    """Why, in the words of the command; of a proposal also what would change: `go_live approved: well done`."""
    said = next((text for name in _NOTES if (text := getattr(command, name, ""))), "")
    if not isinstance(result, schemas.ProposalBody):
        return str(said)
    what = f"{result.change.__struct_config__.tag} {result.state}"
    return f"{what}: {said}" if said else what


def _checked(command: Command[R]) -> Command[R]:
    """The same command if it keeps its own limits, as one that comes over the wire has to; refuses `Malformed`."""
    try:
        return msgspec.convert(msgspec.to_builtins(command), type(command))
    except msgspec.ValidationError as error:
        raise Malformed(f"{type(command).__name__}: {error}.") from error


def _id_of(result: object, about: str) -> str:
    return str(getattr(result, "id", None) or getattr(result, "channel", about))
