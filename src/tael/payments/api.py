"""The verbs of payments: create, start, close, refund, hear a notice, look, watch; and the janitor's rounds."""

from collections.abc import AsyncIterator, Sequence

from tael.channels.api import Channels
from tael.channels.errors import NoSuchChannel
from tael.channels.port import InboundNotice, NoticeReply
from tael.foundation.calls import Answer, Call, Closing, refusal_answer
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal, Throttled, Unavailable, Uncertain
from tael.foundation.ids import new_id
from tael.ledger.api import Ledger
from tael.payments import reads, rules, store
from tael.payments.events import RefundFailed, SurplusReceived
from tael.payments.model import Payment, Refund, RefundReason
from tael.payments.reads import PaymentStory, Watch
from tael.payments.schemas import attempt_answer, payment_answer, refund_answer
from tael.payments.store import PaymentFilter
from tael.payments.usecases.ask_channels import ChannelDesk
from tael.payments.usecases.create_payments import CreatePayment
from tael.payments.usecases.create_refunds import CreateRefund, refund_surplus
from tael.payments.usecases.janitor import Janitor
from tael.payments.usecases.lanes import PaymentLanes, Recording
from tael.payments.usecases.record_outcomes import Recorded, RecordOutcome
from tael.payments.usecases.request_closes import RequestClose
from tael.payments.usecases.start_attempts import StartAttempt

__all__ = [
    "CreatePayment",
    "CreateRefund",
    "PaymentFilter",
    "PaymentStory",
    "Payments",
    "RequestClose",
    "StartAttempt",
]


class Payments:
    """Payments of one database, with the lanes in which they change."""

    def __init__(
        self, database: Database, ledger: Ledger, channels: Channels, clock: Clock, settings: Settings
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._channels = channels
        self._clock = clock
        self._public_url = settings.public_url
        self._lanes = PaymentLanes(database, ledger, channels, clock, settings)
        self._desk = ChannelDesk(database, channels, self._lanes, clock, notices_url=settings.notices_url)
        self._watch = Watch(database)
        self.janitor = Janitor(database, self._lanes, self._desk, clock)

    def start(self) -> None:
        """Begin to take work."""
        self._lanes.start()

    async def stop(self) -> None:
        """Finish what is in the lanes."""
        await self._lanes.stop()

    # Verbs for merchants. Each takes a call and gives the answer that goes over the wire.

    async def create(self, call: Call[CreatePayment]) -> Answer:
        """Write down that a merchant wants to be paid."""
        answer = await self._lanes.create_calls.submit(call)
        assert isinstance(answer, Answer), "creating a payment is one transaction"  # noqa: S101 - for the reader
        return answer

    async def start_attempt(self, call: Call[StartAttempt]) -> Answer:
        """Get a code for the payer from a channel; the live one if there is one. 202 if the channel did not answer."""
        begun = await self._lanes.start_calls.submit(call)
        if isinstance(begun, Answer):
            return begun

        def close(recorded: Recorded) -> Closing:
            return _closing(call, attempt_answer(recorded.attempt))

        recorded = await self._desk.open_code(
            begun.object_id, actor=call.caller.actor, started=begun.result, close=close
        )
        return attempt_answer(recorded.attempt)

    async def close(self, call: Call[RequestClose]) -> Answer:
        """End a payment unpaid; 202 while the channel has not confirmed it, refused if it turns out to be paid."""
        begun = await self._lanes.close_calls.submit(call)
        if isinstance(begun, Answer):
            return begun
        async with self._database.transaction() as tx:
            attempts = (await store.attempts_of(tx, [begun.object_id]))[begun.object_id]
        for attempt in attempts:
            await self._desk.close(attempt.id, actor=call.caller.actor)
        payment = (await self.get(begun.object_id, merchant_id=call.caller.owner)).payment
        refusal = rules.why_not_closable(payment)
        answer = refusal_answer(refusal) if refusal else self._payment_answer(payment)
        await self._lanes.closings.submit(_closing(call, answer))
        return answer

    async def refund(self, call: Call[CreateRefund]) -> Answer:
        """Give money back; 202 while the channel has not confirmed it."""
        begun = await self._lanes.refund_calls.submit(call)
        if isinstance(begun, Answer):
            return begun

        def close(refund: Refund) -> Closing:
            return _closing(call, refund_answer(refund))

        refund = await self._desk.settle_refund(begun.object_id, actor=call.caller.actor, close=close)
        return refund_answer(refund)

    async def get(self, payment_id: str, *, merchant_id: str | None) -> PaymentStory:
        """One payment with its attempts and refunds; refuses `NoSuchPayment`. Payers ask without a merchant's id."""
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
        if any(each.live and not rules.needs_code(each, self._clock.now()) for each in story.attempts):
            return story
        command = StartAttempt(
            payment_id=payment_id, merchant_id=None, channel=channel, attempt_id=new_id("att")
        )
        started = await self._lanes.starts.submit(command)
        await self._desk.open_code(started.attempt.id, actor="payer", started=started)
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
            if notice.outcome.refund_number is None:
                await self._lanes.outcomes.submit(Recording(command=command))
            else:
                await self._lanes.refund_outcomes.submit(Recording(command=command))
        except (NoSuchChannel, Throttled, Unavailable, Uncertain):
            raise
        except Refusal as refusal:
            return self._channels.refuse_notice(channel, refusal.message)
        return self._channels.accept_notice(channel)

    # What hears of facts.

    async def refund_surplus(self, tx: Transaction, facts: Sequence[SurplusReceived | RefundFailed]) -> None:
        """Give back what came late or twice, again if the channel refused; the janitor sends the refunds."""
        facts = [fact for fact in facts if fact.reason is not RefundReason.MERCHANT]
        ids = [new_id("rfd") for _ in facts]
        await refund_surplus(tx, facts, ledger=self._ledger, now=self._clock.now(), new_ids=ids)

    def _payment_answer(self, payment: Payment) -> Answer:
        return payment_answer(payment, status=200, public_url=self._public_url)


def _closing(
    call: Call[CreatePayment] | Call[StartAttempt] | Call[RequestClose] | Call[CreateRefund], answer: Answer
) -> Closing:
    return Closing(owner=call.caller.owner, key=call.key, answer=answer)
