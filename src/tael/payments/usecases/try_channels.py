"""Try channels: the chosen one is asked, and others after it as long as that can do no harm and there are any."""

from collections.abc import Callable

import msgspec

from tael.customers.errors import MandateExceeded, MethodDetached
from tael.foundation.calls import Closing
from tael.foundation.db import Database
from tael.foundation.ids import new_id
from tael.offers.errors import NoSuchCoupon, OfferChanged, OfferNotUsable
from tael.payments import rules, store
from tael.payments.errors import AttemptUndecided, PaymentClosing, PaymentEnded, TooManyAttempts
from tael.payments.model import Attempt
from tael.payments.usecases.ask_channels import ChannelDesk
from tael.payments.usecases.lanes import PaymentLanes
from tael.payments.usecases.record_outcomes import Recorded
from tael.payments.usecases.start_attempts import StartAttempt, Started
from tael.routing.errors import NoChannel

_NOTHING_LEFT = (
    NoChannel,
    TooManyAttempts,
    NoSuchCoupon,
    OfferNotUsable,
    OfferChanged,
    MandateExceeded,
    MethodDetached,
)
"""Why the last attempt was the last one; an offer may hold over one channel only, and payers may leave meanwhile."""
_GONE_ON = (PaymentEnded, PaymentClosing, AttemptUndecided)


class ChannelTries:
    """One after the other."""

    def __init__(
        self, database: Database, lanes: PaymentLanes, desk: ChannelDesk, *, patience_seconds: float
    ) -> None:
        self._database = database
        self._lanes = lanes
        self._desk = desk
        self._patience_seconds = patience_seconds

    async def pay(
        self,
        attempt_id: str,
        command: StartAttempt,
        *,
        actor: str,
        started: Started | None,
        closing: Callable[[Recorded], Closing] | None = None,
    ) -> Recorded:
        """What came of it in the end; `closing` ends the call that waits for it."""

        def goes_on(attempt: Attempt) -> bool:
            return rules.goes_elsewhere(attempt) and command.channel is None

        def close(recorded: Recorded) -> Closing | None:
            return None if closing is None or goes_on(recorded.attempt) else closing(recorded)

        while True:
            recorded = await self._desk.pay(
                attempt_id,
                command.means,
                actor=actor,
                started=started,
                patience_seconds=self._patience_seconds if command.means.product.payer_acts_last else None,
                close=close,
            )
            if not goes_on(recorded.attempt):
                return recorded
            command = msgspec.structs.replace(
                command, attempt_id=new_id("att"), instead_of=recorded.attempt.id
            )
            try:
                started = await self._lanes.starts.submit(command)
            except _NOTHING_LEFT:
                break
            except _GONE_ON:
                recorded = await self._as_it_stands(recorded)
                break
            attempt_id = started.attempt.id
        if closing is not None:
            await self._lanes.closings.submit(closing(recorded))
        return recorded

    async def _as_it_stands(self, recorded: Recorded) -> Recorded:
        """While one channel after another was tried, somebody else went on: the attempt that counts now."""
        async with self._database.transaction() as tx:
            id = recorded.payment.id
            payment = (await store.find_payments(tx, [id]))[id]
            attempts = (await store.attempts_of(tx, [id]))[id]
        counts = next((each for each in attempts if each.id == payment.captured_by), attempts[-1])
        return Recorded(payment=payment, attempt=counts)
