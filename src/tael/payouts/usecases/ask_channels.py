"""Ask channels: what happens outside of transactions, between the row that says so and the outcome that follows.

Each method may be cut short at any point, or run twice: the channel's key of idempotency is the payout's id.
"""

from datetime import datetime

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import ChannelBusy, NoSuchChannel, NotOffered
from tael.channels.port import (
    ErrorClass,
    Operation,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Request,
    unknown_outcome,
)
from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.lane import Lane
from tael.foundation.sealing import Sealer
from tael.payouts import store
from tael.payouts.errors import NoSuchPayout, NowhereToInquire, PayoutMismatch
from tael.payouts.model import Leg, Payout, PayoutState
from tael.payouts.usecases.begin_legs import begin_legs
from tael.payouts.usecases.create_payouts import destination_of
from tael.payouts.usecases.record_outcomes import RecordOutcome, doubted
from tael.routing.api import Routing

Recorded = tuple[Payout, Leg]
OutcomeLane = Lane[RecordOutcome, Recorded]


class ChannelDesk:
    """Speaks with channels about payouts, and hands what it learns to the recording lane."""

    def __init__(
        self,
        database: Database,
        channels: Channels,
        routing: Routing,
        outcomes: OutcomeLane,
        clock: Clock,
        *,
        sealer: Sealer,
        notices_url: str,
    ) -> None:
        self._database = database
        self._channels = channels
        self._routing = routing
        self._outcomes = outcomes
        self._clock = clock
        self._sealer = sealer
        self._notices_url = notices_url

    async def send(self, payout_id: str, *, actor: str) -> None:
        """Give a payout to one channel after the other, as long as the last one definitely has not done it."""
        while True:
            async with self._database.transaction() as tx:
                begun = await begin_legs(tx, [payout_id], routing=self._routing, now=self._clock.now())
            if not begun:
                return
            [(payout, leg)] = begun
            asked_at = self._clock.now()
            outcome = await self._ask(Operation.PAY_OUT, payout, leg, first=True)
            after, _ = await self._record(leg, outcome, actor, asked_at=asked_at)
            if after.state is not PayoutState.CREATED:
                return

    async def follow_up(self, payout_id: str, nth: int, *, actor: str) -> None:
        """Ask what became of a leg; if the channel has never heard of it, for it, under the same number."""
        payout, leg = await self._load(payout_id, nth)
        if leg.ended and leg.doubted_at is None:
            return
        asked_at = self._clock.now()
        outcome = await self._ask(Operation.INQUIRE_PAYOUT, payout, leg)
        if outcome.state is OutcomeState.ABSENT and not leg.ended:
            outcome = await self._ask(Operation.PAY_OUT, payout, leg)
        after, _ = await self._record(leg, outcome, actor, asked_at=asked_at)
        if after.state is PayoutState.CREATED:
            await self.send(payout_id, actor=actor)

    async def inquire(self, payout_id: str, *, actor: str) -> None:
        """Ask the channel that had it last, whatever is known; refuses `NoSuchPayout`, `NowhereToInquire`."""
        async with self._database.transaction() as tx:
            payout = (await store.find(tx, [payout_id])).get(payout_id)
            legs = (await store.legs_of(tx, [payout_id]))[payout_id]
        if payout is None:
            raise NoSuchPayout(f"There is no payout {payout_id}.", field="payout_id")
        if not legs:
            raise NowhereToInquire("No channel has this payout yet.", field="payout_id")
        asked_at = self._clock.now()
        outcome = await self._ask(Operation.INQUIRE_PAYOUT, payout, legs[-1])
        await self._record(legs[-1], outcome, actor, asked_at=asked_at)

    async def _load(self, payout_id: str, nth: int) -> Recorded:
        async with self._database.transaction() as tx:
            payout = (await store.find(tx, [payout_id]))[payout_id]
            legs = (await store.legs_of(tx, [payout_id]))[payout_id]
        return payout, legs[nth - 1]

    async def _ask(self, operation: Operation, payout: Payout, leg: Leg, *, first: bool = False) -> Outcome:
        """Ask a channel. A refusal of our own says that nothing was sent *now*.

        Only if this would have been the first time (`first`) does it prove that nothing will happen. A channel that is merely
        busy is waited for: it is asked again under the same number.
        """
        request = Request(operation=operation, payout=self._order(payout, leg))
        try:
            return await self._channels.call(leg.channel, request)
        except ChannelBusy as refusal:
            busy = unknown_outcome(request, refusal.message, ErrorClass.BUSY, code=refusal.code)
            return msgspec.structs.replace(busy, state=OutcomeState.ABSENT) if first else busy
        except (NotOffered, NoSuchChannel) as refusal:
            gone = unknown_outcome(request, refusal.message, ErrorClass.ACCOUNT, code=refusal.code)
            return msgspec.structs.replace(gone, state=OutcomeState.FAILED) if first else gone

    def _order(self, payout: Payout, leg: Leg) -> PayoutOrder:
        to = destination_of(self._sealer, payout)
        return PayoutOrder(
            payout_number=payout.id,
            amount=payout.amount,
            payee_account=to.account,
            payee_name=to.name,
            payee_bank=to.bank,
            purpose=payout.statement,
            notice_url=f"{self._notices_url}/notices/payments/{leg.channel}",
            created_at=leg.begun_at,
            channel_reference=leg.channel_reference or "",
        )

    async def _record(self, leg: Leg, outcome: Outcome, actor: str, *, asked_at: datetime) -> Recorded:
        """Record what a channel answered; an answer that contradicts our payout is recorded as no answer."""
        named = msgspec.structs.replace(outcome, payout_number=leg.payout_id)
        command = RecordOutcome(outcome=named, channel=leg.channel, source=actor, asked_at=asked_at)
        try:
            return await self._outcomes.submit(command)
        except PayoutMismatch as refusal:
            unknown = msgspec.structs.replace(command, outcome=doubted(named, refusal))
            return await self._outcomes.submit(unknown)
