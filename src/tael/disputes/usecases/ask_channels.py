"""Ask channels about disputes: hand answers in, and look where they stand. Outside of transactions; safe to do twice."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from tael.channels.api import Channels
from tael.channels.errors import ChannelBusy, NoSuchChannel, NotOffered
from tael.channels.port import (
    ErrorClass,
    Evidence,
    Operation,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)
from tael.disputes import rules, store
from tael.disputes.events import DisputeDueSoon
from tael.disputes.model import AnswerKind, Dispute
from tael.disputes.usecases.answer import Desk
from tael.disputes.usecases.files import files_to_send
from tael.disputes.usecases.record_news import Heard, facts_of, news_of, record_news
from tael.foundation import outbox
from tael.foundation.calls import Closing, close_calls
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.rounds import Rounds, for_each
from tael.payments.api import DisputedMoney

log = structlog.get_logger("tael.disputes")

AT_A_TIME = 20
LEASE = timedelta(seconds=60)


class Asked(msgspec.Struct, frozen=True):
    """What came of asking."""

    dispute: Dispute
    outcome: Outcome


CloseWith = Callable[[Asked], Closing]
"""How an open call ends, by what came of asking."""


class ChannelDesk:
    """Speaks with channels about disputes, and records what it learns."""

    def __init__(
        self, database: Database, channels: Channels, money: DisputedMoney, desk: Desk, clock: Clock
    ) -> None:
        self._database = database
        self._channels = channels
        self._money = money
        self._desk = desk
        self._clock = clock
        self._rounds = Rounds()

    async def follow_up(
        self, dispute_id: str, *, source: str, first: bool = False, closing: CloseWith | None = None
    ) -> Asked:
        """Hand in the answer that is on its way, or ask where the dispute stands.

        first   if nobody else can have handed the answer in: what we refuse ourselves then never reached the channel
        """
        async with self._database.transaction() as tx:
            dispute = (await store.find(tx, [dispute_id]))[dispute_id]
            said = dispute.answering and dispute.answer is AnswerKind.EVIDENCE
            kept = await store.files_of(tx, dispute.id) if said else []
            files = await files_to_send(tx, kept, desk=self._desk)
        asked_at = self._clock.now()
        evidence = Evidence(
            dispute_number=dispute.number,
            texts=self._desk.texts(dispute) if said else {},
            files=files,
            accept=dispute.answering and not said,
        )
        outcome = await self._send(dispute, evidence, first=first)
        return await self._record(dispute, outcome, asked_at=asked_at, source=source, closing=closing)

    async def _send(self, dispute: Dispute, evidence: Evidence, *, first: bool) -> Outcome:
        operation = Operation.SUBMIT_EVIDENCE if dispute.answering else Operation.INQUIRE_DISPUTE
        request = Request(operation=operation, evidence=evidence)
        try:
            return await self._channels.call(dispute.channel, request)
        except (NotOffered, ChannelBusy, NoSuchChannel) as refusal:
            why = ErrorClass.BUSY if isinstance(refusal, ChannelBusy) else ErrorClass.ACCOUNT
            unknown = unknown_outcome(request, refusal.message, why, code=refusal.code)
            return msgspec.structs.replace(unknown, state=OutcomeState.FAILED) if first else unknown

    async def _record(
        self,
        dispute: Dispute,
        outcome: Outcome,
        *,
        asked_at: datetime,
        source: str,
        closing: CloseWith | None,
    ) -> Asked:
        now = self._clock.now()
        said = outcome.dispute
        believable = said is not None and said.dispute_number == dispute.number
        async with self._database.transaction() as tx:
            if said is not None and believable:
                attempt = None
                if dispute.payment_id is None:
                    attempt = await self._money.find_attempt(tx, dispute.channel, outcome)
                heard = Heard(
                    channel=dispute.channel,
                    number=dispute.number,
                    news=news_of(said, asked_at=asked_at),
                    source=source,
                    payment_id=attempt.payment_id if attempt else None,
                    attempt_id=attempt.id if attempt else None,
                )
                after = await record_news(tx, heard, money=self._money, now=now)
            else:
                before = (await store.lock(tx, [dispute.id]))[dispute.id]
                definite = outcome.state is OutcomeState.FAILED and dispute.answering
                change = rules.refused if definite else rules.not_answered
                after = change(before, code=outcome.code, now=now)
                await store.update(tx, after)
                await outbox.publish(tx, facts_of(before, after, opened=False, now=now))
            asked = Asked(after, outcome)
            if closing is not None:
                await close_calls(tx, [closing(asked)])
        return asked

    async def follow_up_due(self) -> None:
        """Ask about what is due: all at once, so that neither a dispute that goes wrong nor a channel that hangs holds up others."""
        async with self._database.transaction() as tx:
            channels = await store.channels_with_work(tx, now=self._clock.now())
        await self._rounds.go("disputes", channels, self._work_off)

    async def _work_off(self, channel: str) -> bool:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            due = await store.claim_due(tx, channel, now=now, lease_until=now + LEASE, limit=AT_A_TIME)
        for error in await for_each(due, self._follow_up_or_put_off):
            log.error("dispute_not_put_off", channel=channel, exc_info=error)
        return len(due) == AT_A_TIME

    async def _follow_up_or_put_off(self, dispute_id: str) -> None:
        try:
            await self.follow_up(dispute_id, source="janitor")
        except Exception:  # whatever it is: the next try is later each time
            log.exception("dispute_not_followed_up", dispute=dispute_id)
            async with self._database.transaction() as tx:
                before = (await store.lock(tx, [dispute_id]))[dispute_id]
                await store.update(tx, rules.not_answered(before, code=None, now=self._clock.now()))

    async def warn_due(self) -> None:
        """Tell of deadlines that have come near."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            until = now + timedelta(days=max(rules.WARN_DAYS))
            ids = await store.to_warn(tx, now=now, until=until, limit=1000)
            for dispute in (await store.lock(tx, ids)).values():
                days = rules.warn_now(dispute, now)
                if days is None or dispute.payment_id is None or dispute.merchant_id is None:
                    continue
                await store.update(tx, msgspec.structs.replace(dispute, warned_days=days))
                fact = DisputeDueSoon(
                    object_id=dispute.payment_id,
                    happened_at=now,
                    dispute_id=dispute.id,
                    merchant_id=dispute.merchant_id,
                    state=dispute.state,
                    warning=dispute.warning,
                    amount_minor=dispute.amount_minor,
                    currency=dispute.currency,
                    reason=dispute.reason,
                    respond_by=dispute.respond_by,
                    days=days,
                )
                await outbox.publish(tx, [fact])
