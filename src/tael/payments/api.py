"""The verbs of payments: create, start, close, refund, hear a notice, look, watch; and the janitor's rounds."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

import msgspec
import structlog

from tael.channels.api import Channels
from tael.channels.port import InboundNotice, NoticeReply
from tael.foundation.calls import Answer, Call, Closing, Reply, answering, close_calls, refusal_answer
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import new_id
from tael.foundation.lane import Lane
from tael.ledger.api import Ledger
from tael.payments import reads, rules, store
from tael.payments.events import SurplusReceived
from tael.payments.model import AttemptState, Payment, PaymentState, Refund, RefundState
from tael.payments.reads import PaymentStory, Watch
from tael.payments.rules import Pauses
from tael.payments.schemas import attempt_body, payment_body, refund_body
from tael.payments.store import PaymentFilter
from tael.payments.usecases.ask_channels import ChannelDesk, Recording, at_most
from tael.payments.usecases.create_payments import CreatePayment, create_payments
from tael.payments.usecases.create_refunds import CreateRefund, create_refunds, refund_surplus
from tael.payments.usecases.expire_payments import expire_payments
from tael.payments.usecases.record_outcomes import Recorded, RecordOutcome, Scene, record_outcomes
from tael.payments.usecases.record_refund_outcomes import record_refund_outcomes
from tael.payments.usecases.request_closes import CloseRequested, RequestClose, request_closes
from tael.payments.usecases.start_attempts import StartAttempt, Started, start_attempts

__all__ = [
    "CreatePayment",
    "CreateRefund",
    "PaymentFilter",
    "PaymentStory",
    "Payments",
    "RequestClose",
    "StartAttempt",
]

log = structlog.get_logger("tael.payments")

C = TypeVar("C")
R = TypeVar("R")

JANITOR_BATCH = 200
JANITOR_AT_A_TIME = 32
JANITOR_LEASE_SECONDS = 60


class Payments:
    """Payments of one database, with the lanes in which they change."""

    def __init__(
        self, database: Database, ledger: Ledger, channels: Channels, clock: Clock, settings: Settings
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._channels = channels
        self._clock = clock
        self._settings = settings
        self._pauses = Pauses(unknown=settings.inquiry_seconds, waiting=settings.waiting_inquiry_seconds)
        self._watch = Watch(database)
        self._lanes: list[Lane[object, object]] = []
        self._creates = self._lane("create", answering(create_payments, self._created, clock=clock))
        self._starts = self._lane("start", self._timed(start_attempts))
        self._start_calls = self._lane(
            "start_calls", answering(self._timed(start_attempts), self._started, clock=clock)
        )
        self._closes = self._lane("close", self._timed(request_closes))
        self._close_calls = self._lane(
            "close_calls", answering(self._timed(request_closes), self._close_requested, clock=clock)
        )
        self._refund_calls = self._lane(
            "refund_calls", answering(self._create_refunds, self._refund_created, clock=clock)
        )
        self._closings = self._lane("closings", _close_all)
        outcomes = self._lane("outcomes", self._record_outcomes)
        refund_outcomes = self._lane("refund_outcomes", self._record_refund_outcomes)
        self._outcomes, self._refund_outcomes = outcomes, refund_outcomes
        self._desk = ChannelDesk(
            database,
            channels,
            clock,
            outcomes=outcomes,
            refund_outcomes=refund_outcomes,
            notices_url=settings.notices_url,
        )

    def start(self) -> None:
        """Begin to take work."""
        for lane in self._lanes:
            lane.start()

    async def stop(self) -> None:
        """Finish what is in the lanes."""
        for lane in self._lanes:
            await lane.stop()

    # Verbs for merchants. Each takes a call and gives the answer that goes over the wire.

    async def create(self, call: Call[CreatePayment]) -> Answer:
        """Write down that a merchant wants to be paid."""
        answer = await self._creates.submit(call)
        return (
            answer
            if isinstance(answer, Answer)
            else refusal_answer(Malformed("A payment cannot be half made."))
        )

    async def start_attempt(self, call: Call[StartAttempt]) -> Answer:
        """Get a code for the payer from a channel; the live one if there is one."""
        self._channels.capabilities(call.command.channel)
        begun = await self._start_calls.submit(call)
        if isinstance(begun, Answer):
            return begun

        def closing(recorded: Recorded) -> Closing:
            return Closing(owner=call.caller.owner, key=call.key, answer=_attempt_answer(recorded))

        recorded = await self._desk.open_code(begun.object_id, actor=call.caller.actor, close=closing)
        return _attempt_answer(recorded)

    async def close(self, call: Call[RequestClose]) -> Answer:
        """End a payment unpaid; 202 while the channel has not confirmed it."""
        begun = await self._close_calls.submit(call)
        if isinstance(begun, Answer):
            return begun
        await self._close_at_channels(begun.object_id, actor=call.caller.actor)
        async with self._database.transaction() as tx:
            payment = (await store.find_payments(tx, [begun.object_id]))[begun.object_id]
        refusal = rules.why_not_closable(payment)
        answer = refusal_answer(refusal) if refusal else self._payment_answer(payment, status=200)
        await self._closings.submit(Closing(owner=call.caller.owner, key=call.key, answer=answer))
        return answer

    async def refund(self, call: Call[CreateRefund]) -> Answer:
        """Give money back; 202 while the channel has not confirmed it."""
        begun = await self._refund_calls.submit(call)
        if isinstance(begun, Answer):
            return begun

        def closing(refund: Refund) -> Closing:
            return Closing(owner=call.caller.owner, key=call.key, answer=_refund_answer(refund))

        refund = await self._desk.settle_refund(begun.object_id, actor=call.caller.actor, close=closing)
        return _refund_answer(refund)

    async def get(self, payment_id: str, *, merchant_id: str | None) -> PaymentStory:
        """One payment with its attempts and refunds; refuses `NoSuchPayment`."""
        async with self._database.transaction() as tx:
            return await reads.story(tx, payment_id, merchant_id=merchant_id)

    async def list(self, wanted: PaymentFilter) -> Sequence[Payment]:
        """One page of a merchant's payments, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_payments(tx, wanted)

    async def get_refund(self, refund_id: str, *, merchant_id: str) -> Refund:
        """One refund; refuses `NoSuchRefund`."""
        async with self._database.transaction() as tx:
            return await reads.find_refund(tx, refund_id, merchant_id=merchant_id)

    # Verbs for payers.

    async def open_checkout(self, payment_id: str, *, channel: str) -> PaymentStory:
        """A payment with a live code, if it can still be paid; asking again changes nothing."""
        story = await self.get(payment_id, merchant_id=None)
        if rules.why_not_startable(story.payment, self._clock.now()) is not None:
            return story
        command = StartAttempt(
            payment_id=payment_id, merchant_id=None, channel=channel, attempt_id=new_id("att")
        )
        started = await self._starts.submit(command)
        if rules.needs_code(started.attempt, self._clock.now()):
            await self._desk.open_code(started.attempt.id, actor="payer")
        return await self.get(payment_id, merchant_id=None)

    def watch(self, payment_id: str) -> AsyncIterator[Payment]:
        """The payment, and again each time it has changed, until it ended."""
        return self._watch.changes(payment_id)

    # Verbs for channels.

    async def hear_notice(self, channel: str, inbound: InboundNotice) -> NoticeReply:
        """Record what a channel says by itself; it is accepted only after its consequences are committed."""
        try:
            notice = self._channels.read_notice(channel, inbound)
            command = RecordOutcome(
                outcome=notice.outcome,
                source=f"channel:{channel}",
                channel=channel,
                notice_id=notice.notice_id,
            )
            lane = self._outcomes if notice.outcome.refund_number is None else self._refund_outcomes
            await lane.submit(Recording(command=command))
        except Refusal as refusal:
            if refusal.status >= 500 or refusal.code == "channels.no_such_channel":
                raise
            return self._channels.refuse_notice(channel, refusal.message)
        return self._channels.accept_notice(channel)

    # Subscribers and jobs.

    async def refund_surplus(self, tx: Transaction, facts: Sequence[SurplusReceived]) -> None:
        """Give back what came late or twice; the janitor sends the refunds."""
        ids = [new_id("rfd") for _ in facts]
        await refund_surplus(tx, facts, ledger=self._ledger, now=self._clock.now(), new_ids=ids)

    async def expire_due(self) -> None:
        """End payments whose time is over and that nobody can pay any more."""
        while True:
            async with self._database.transaction() as tx:
                if not await expire_payments(tx, now=self._clock.now()):
                    return

    async def inquire_due(self) -> None:
        """Follow up on attempts whose outcome is not known, that wait, or that are to be closed."""
        await self._go_round(store.claim_due_attempts, self._follow_up)

    async def refund_due(self) -> None:
        """Follow up on refunds whose outcome is not known."""
        await self._go_round(store.claim_due_refunds, partial(self._desk.settle_refund, actor="janitor"))

    async def _follow_up(self, attempt_id: str) -> None:
        async with self._database.transaction() as tx:
            attempt = (await store.find_attempts(tx, [attempt_id]))[attempt_id]
            payment = (await store.find_payments(tx, [attempt.payment_id]))[attempt.payment_id]
        if not payment.ended and payment.closing_as is None and self._clock.now() >= payment.expires_at:
            await self._closes.submit(
                RequestClose(payment_id=payment.id, merchant_id=None, closing_as=PaymentState.EXPIRED)
            )
        await self._desk.follow_up(attempt_id, actor="janitor")

    async def _go_round(
        self, claim: Callable[..., Awaitable[Sequence[str]]], do: Callable[[str], Awaitable[object]]
    ) -> None:
        """Claim what is due in batches and work it off, until nothing is due."""
        while True:
            now = self._clock.now()
            async with self._database.transaction() as tx:
                ids = await claim(
                    tx,
                    now=now,
                    lease_until=now + timedelta(seconds=JANITOR_LEASE_SECONDS),
                    limit=JANITOR_BATCH,
                )
            for error in await at_most(JANITOR_AT_A_TIME, ids, do):
                log.error("follow_up_failed", exc_info=error)
            if len(ids) < JANITOR_BATCH:
                return

    async def _close_at_channels(self, payment_id: str, *, actor: str) -> None:
        async with self._database.transaction() as tx:
            attempts = (await store.attempts_of(tx, [payment_id]))[payment_id]
        for attempt in attempts:
            if attempt.live:
                await self._desk.close(attempt.id, actor=actor)

    # What the lanes run.

    def _lane(self, name: str, verb: Callable[..., Awaitable[Sequence[R | Refusal]]]) -> "Lane[object, R]":
        lane: Lane[object, R] = Lane(
            f"payments.{name}",
            self._database,
            verb,
            batch_limit=self._settings.lane_batch_limit,
            queue_limit=self._settings.lane_queue_limit,
            parallel=self._settings.lane_parallel,
        )
        self._lanes.append(lane)  # type: ignore[arg-type]
        return lane

    def _timed(
        self, verb: Callable[..., Awaitable[Sequence[R | Refusal]]]
    ) -> Callable[..., Awaitable[Sequence[R | Refusal]]]:
        async def with_now(tx: Transaction, commands: Sequence[C]) -> Sequence[R | Refusal]:
            return await verb(tx, commands, now=self._clock.now())

        return with_now

    def _scene(self) -> Scene:
        return Scene(ledger=self._ledger, channels=self._channels, pauses=self._pauses, now=self._clock.now())

    async def _create_refunds(
        self, tx: Transaction, commands: Sequence[CreateRefund]
    ) -> Sequence[Refund | Refusal]:
        return await create_refunds(tx, commands, ledger=self._ledger, now=self._clock.now())

    async def _record_outcomes(
        self, tx: Transaction, recordings: Sequence[Recording]
    ) -> Sequence[Recorded | Refusal]:
        results = await record_outcomes(tx, [each.command for each in recordings], scene=self._scene())
        closings = [
            each.close_attempt(result)
            for each, result in zip(recordings, results, strict=True)
            if each.close_attempt is not None and isinstance(result, Recorded)
        ]
        await close_calls(tx, [closing for closing in closings if closing is not None])
        return results

    async def _record_refund_outcomes(
        self, tx: Transaction, recordings: Sequence[Recording]
    ) -> Sequence[Refund | Refusal]:
        results = await record_refund_outcomes(tx, [each.command for each in recordings], scene=self._scene())
        closings = [
            each.close_refund(result)
            for each, result in zip(recordings, results, strict=True)
            if each.close_refund is not None and isinstance(result, Refund)
        ]
        await close_calls(tx, [closing for closing in closings if closing is not None])
        return results

    # What results mean on the wire.

    def _payment_answer(self, payment: Payment, *, status: int) -> Answer:
        body = payment_body(payment, public_url=self._settings.public_url)
        return Answer(status=202 if payment.closing_as else status, body=msgspec.json.encode(body))

    def _created(self, payment: Payment) -> Reply:
        return Reply(object_id=payment.id, answer=self._payment_answer(payment, status=201))

    def _started(self, started: Started) -> Reply:
        if rules.needs_code(started.attempt, self._clock.now()):
            return Reply(object_id=started.attempt.id, answer=None)
        recorded = Recorded(payment=started.payment, attempt=started.attempt)
        return Reply(object_id=started.attempt.id, answer=_attempt_answer(recorded))

    def _close_requested(self, requested: CloseRequested) -> Reply:
        answer = None if requested.to_close else self._payment_answer(requested.payment, status=200)
        return Reply(object_id=requested.payment.id, answer=answer)

    def _refund_created(self, refund: Refund) -> Reply:
        return Reply(object_id=refund.id, answer=None)


async def _close_all(tx: Transaction, closings: Sequence[Closing]) -> Sequence[None]:
    await close_calls(tx, closings)
    return [None] * len(closings)


def _attempt_answer(recorded: Recorded) -> Answer:
    definite = recorded.attempt.state not in (AttemptState.CREATED, AttemptState.UNKNOWN)
    return Answer(status=201 if definite else 202, body=msgspec.json.encode(attempt_body(recorded.attempt)))


def _refund_answer(refund: Refund) -> Answer:
    definite = refund.state in (RefundState.SUCCEEDED, RefundState.FAILED)
    return Answer(status=201 if definite else 202, body=msgspec.json.encode(refund_body(refund)))
