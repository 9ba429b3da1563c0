"""In which lanes do payments change? One for each verb; many calls that wait together share one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from tael.channels.api import Channels
from tael.customers.api import Customers
from tael.foundation.calls import Answer, Begun, Call, Closing, Reply, answering, close_calls
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane, Verb
from tael.foundation.sealing import Sealer
from tael.ledger.api import Ledger
from tael.merchants.api import Merchants
from tael.offers.api import Offers
from tael.payments import rules
from tael.payments.model import HoldStep, Payment, Refund
from tael.payments.rules import Pauses
from tael.payments.schemas import attempt_answer, payment_answer
from tael.payments.usecases.create_payments import CreatePayment, begin_payments, create_payments
from tael.payments.usecases.create_refunds import CreateRefund, create_refunds
from tael.payments.usecases.record_outcomes import Recorded, RecordOutcome, Scene, record_outcomes
from tael.payments.usecases.record_refund_outcomes import record_refund_outcomes
from tael.payments.usecases.record_step_outcomes import record_step_outcomes
from tael.payments.usecases.request_closes import CloseRequested, RequestClose, request_closes
from tael.payments.usecases.request_steps import RequestStep, request_steps
from tael.payments.usecases.saved_cards import with_saved_cards, write_mandate_uses
from tael.payments.usecases.start_attempts import StartAttempt, Started, start_attempts
from tael.routing.api import Routing

C = TypeVar("C")
R = TypeVar("R")
CallLane = Lane[Call[Any], Answer | Begun]


class Recording(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """An outcome to record and, if an open call waits for it, the end of that call."""

    command: RecordOutcome
    close: Callable[[R], Closing | None] | None = None


class PaymentLanes:
    """The lanes of one process. Those for calls answer under the caller's key; the others are safe to repeat."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        channels: Channels,
        routing: Routing,
        merchants: Merchants,
        *,
        offers: Offers,
        customers: Customers,
        sealer: Sealer,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._database = database
        self._merchants = merchants
        self._offers = offers
        self._customers = customers
        self._ledger = ledger
        self._channels = channels
        self._routing = routing
        self._sealer = sealer
        self._clock = clock
        self._settings = settings
        self._pauses = Pauses(unknown=settings.inquiry_seconds, waiting=settings.waiting_inquiry_seconds)
        self._all: list[Lane[Any, Any]] = []

        def called(verb: Verb[C, R], reply: Callable[[R], Reply]) -> Verb[Call[Any], Answer | Begun]:
            return answering(verb, reply, clock=clock)

        self.create_calls: CallLane = self._lane("create", called(create_payments, self._created))
        self.begin_calls: CallLane = self._lane("begin_calls", called(self._begin_payments, _first_attempt))
        self.start_calls: CallLane = self._lane("start_calls", called(self._start_attempts, self._started))
        self.close_calls: CallLane = self._lane(
            "close_calls", called(self._request_closes, self._close_requested)
        )
        self.refund_calls: CallLane = self._lane("refund_calls", called(self._create_refunds, _object_made))
        self.step_calls: CallLane = self._lane("step_calls", called(self._request_steps, _object_made))
        self.starts = self._lane("starts", self._start_attempts)
        self.closes = self._lane("closes", self._request_closes)
        self.outcomes = self._lane("outcomes", self._record_outcomes)
        self.refund_outcomes = self._lane("refund_outcomes", self._record_refund_outcomes)
        self.step_outcomes = self._lane("step_outcomes", self._record_step_outcomes)
        self.closings = self._lane("closings", _close_all)

    def start(self) -> None:
        """Begin to take work."""
        for lane in self._all:
            lane.start()

    async def stop(self) -> None:
        """Finish what is in the lanes."""
        for lane in self._all:
            await lane.stop()

    def _lane(self, name: str, verb: Verb[C, R]) -> Lane[C, R]:
        lane = Lane(
            f"payments.{name}",
            self._database,
            verb,
            batch_limit=self._settings.lane_batch_limit,
            queue_limit=self._settings.lane_queue_limit,
            parallel=self._settings.lane_parallel,
        )
        self._all.append(lane)
        return lane

    # The verbs, with what they need besides the transaction and the commands.

    async def _begin_payments(
        self, tx: Transaction, commands: Sequence[CreatePayment]
    ) -> Sequence[Started | Refusal]:
        return await begin_payments(tx, commands, start=self._start_attempts)

    async def _start_attempts(
        self, tx: Transaction, commands: Sequence[StartAttempt], new: Sequence[Payment] = ()
    ) -> Sequence[Started | Refusal]:
        wishes = await with_saved_cards(tx, commands, customers=self._customers, new=new)
        begun = iter(
            await start_attempts(
                tx,
                [wish for wish in wishes if not isinstance(wish, Refusal)],
                channels=self._channels,
                routing=self._routing,
                offers=self._offers,
                now=self._clock.now(),
                new=new,
            )
        )
        results = [wish if isinstance(wish, Refusal) else _wished(next(begun), wish) for wish in wishes]
        await write_mandate_uses(tx, results, customers=self._customers)
        return results

    async def _request_closes(
        self, tx: Transaction, commands: Sequence[RequestClose]
    ) -> Sequence[CloseRequested | Refusal]:
        return await request_closes(tx, commands, now=self._clock.now())

    async def _create_refunds(
        self, tx: Transaction, commands: Sequence[CreateRefund]
    ) -> Sequence[Refund | Refusal]:
        return await create_refunds(
            tx,
            commands,
            ledger=self._ledger,
            routing=self._routing,
            channels=self._channels,
            offers=self._offers,
            now=self._clock.now(),
        )

    async def _request_steps(
        self, tx: Transaction, commands: Sequence[RequestStep]
    ) -> Sequence[HoldStep | Refusal]:
        return await request_steps(tx, commands, channels=self._channels, now=self._clock.now())

    async def _record_step_outcomes(
        self, tx: Transaction, recordings: Sequence[Recording[HoldStep]]
    ) -> Sequence[HoldStep | Refusal]:
        return await self._recording(tx, recordings, record_step_outcomes)

    async def _record_outcomes(
        self, tx: Transaction, recordings: Sequence[Recording[Recorded]]
    ) -> Sequence[Recorded | Refusal]:
        return await self._recording(tx, recordings, record_outcomes)

    async def _record_refund_outcomes(
        self, tx: Transaction, recordings: Sequence[Recording[Refund]]
    ) -> Sequence[Refund | Refusal]:
        return await self._recording(tx, recordings, record_refund_outcomes)

    async def _recording(
        self,
        tx: Transaction,
        recordings: Sequence[Recording[R]],
        record: Callable[..., Awaitable[Sequence[R | Refusal]]],
    ) -> Sequence[R | Refusal]:
        """Record outcomes and end the calls that waited for them, in one transaction."""
        scene = Scene(
            ledger=self._ledger,
            channels=self._channels,
            routing=self._routing,
            sealer=self._sealer,
            pauses=self._pauses,
            merchants=self._merchants,
            offers=self._offers,
            now=self._clock.now(),
        )
        results = await record(tx, [each.command for each in recordings], scene=scene)
        closings = [
            each.close(result)
            for each, result in zip(recordings, results, strict=True)
            if each.close is not None and not isinstance(result, Refusal)
        ]
        await close_calls(tx, [closing for closing in closings if closing is not None])
        return results

    # What a result means for the caller: an answer, or more work outside of the transaction.

    def _created(self, payment: Payment) -> Reply:
        answer = payment_answer(payment, status=201, public_url=self._settings.public_url)
        return Reply(object_id=payment.id, answer=answer)

    def _started(self, started: Started) -> Reply:
        missing = rules.needs_asking(started.attempt, self._clock.now())
        return Reply(
            object_id=started.attempt.id, answer=None if missing else attempt_answer(started.attempt)
        )

    def _close_requested(self, requested: CloseRequested) -> Reply:
        answer = payment_answer(requested.payment, status=200, public_url=self._settings.public_url)
        return Reply(object_id=requested.payment.id, answer=None if requested.to_close else answer)


def _wished(begun: Started | Refusal, wish: StartAttempt) -> Started | Refusal:
    return begun if isinstance(begun, Refusal) else msgspec.structs.replace(begun, wish=wish)


def _first_attempt(started: Started) -> Reply:
    return Reply(object_id=started.attempt.id, answer=None)


def _object_made(made: Refund | HoldStep) -> Reply:
    return Reply(object_id=made.id, answer=None)


async def _close_all(tx: Transaction, closings: Sequence[Closing]) -> Sequence[None]:
    await close_calls(tx, closings)
    return [None] * len(closings)
