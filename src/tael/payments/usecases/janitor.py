"""Who cleans up after lost answers, dead processes and payers who walked away? The janitor, on its rounds.

It takes what is due under a lease, so that several janitors share the work and a dead one's share comes round again.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog

from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.rounds import Rounds, for_each
from tael.payments import store
from tael.payments.errors import StepUndecided
from tael.payments.model import PaymentState
from tael.payments.usecases.ask_channels import ChannelDesk
from tael.payments.usecases.expire_payments import expire_payments
from tael.payments.usecases.lanes import PaymentLanes
from tael.payments.usecases.request_closes import RequestClose

log = structlog.get_logger("tael.janitor")

ACTOR = "janitor"
AT_A_TIME = 32
"""As many as are worked off within a lease, all at once."""
LEASE_SECONDS = 30
"""After this long without news, what a janitor took is anybody's again: it may have died. Asking twice does no harm."""
T = TypeVar("T")


class Janitor:
    """Its rounds may be made at any time, by anybody, and more than once."""

    def __init__(self, database: Database, lanes: PaymentLanes, desk: ChannelDesk, clock: Clock) -> None:
        self._database = database
        self._lanes = lanes
        self._desk = desk
        self._clock = clock
        self._rounds = Rounds()

    async def expire_due(self) -> None:
        """End payments whose time is over and that no live attempt can still pay."""
        while True:
            async with self._database.transaction() as tx:
                if not await expire_payments(tx, now=self._clock.now()):
                    return

    async def inquire_due(self) -> None:
        """Follow up on attempts whose outcome is not known, that wait, or that are to be closed."""
        await self._go_round("inquire", store.claim_due_attempts, self._follow_up)

    async def refund_due(self) -> None:
        """Send refunds that nobody sent, and follow up on those whose outcome is not known."""
        await self._go_round("refund", store.claim_due_refunds, self._settle)

    async def _follow_up(self, attempt_id: str) -> None:
        payment, _ = await self._desk.load(attempt_id)
        if not payment.ended and payment.closing_as is None and self._clock.now() >= payment.over_at:
            closing = RequestClose(payment_id=payment.id, merchant_id=None, closing_as=PaymentState.EXPIRED)
            try:
                await self._lanes.closes.submit(closing)
            except StepUndecided:
                return  # a capture is under way: it decides what is left to release
        await self._desk.follow_up(attempt_id, actor=ACTOR)

    async def steps_due(self) -> None:
        """Ask channels for captures and increments that nobody asked for, or whose outcome is not known."""
        await self._go_round("step", store.claim_due_steps, self._take_step)

    async def _take_step(self, step_id: str) -> None:
        await self._desk.settle_step(step_id, actor=ACTOR)

    async def _settle(self, claimed: tuple[str, bool]) -> None:
        refund_id, first = claimed
        await self._desk.settle_refund(refund_id, actor=ACTOR, new=first)

    async def _go_round(
        self,
        what: str,
        claim: Callable[..., Awaitable[Sequence[T]]],
        do: Callable[[T], Awaitable[object]],
    ) -> None:
        async with self._database.transaction() as tx:
            channels = await store.channels_with_work(tx, now=self._clock.now())

        async def work_off(channel: str) -> bool:
            now = self._clock.now()
            async with self._database.transaction() as tx:
                claimed = await claim(
                    tx, channel, now=now, lease_until=now + timedelta(seconds=LEASE_SECONDS), limit=AT_A_TIME
                )
            for error in await for_each(claimed, do):
                log.error("follow_up_failed", exc_info=error)
            return len(claimed) == AT_A_TIME

        await self._rounds.go(what, channels, work_off)
