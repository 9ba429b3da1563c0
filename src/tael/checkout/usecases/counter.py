"""The verbs of the counter: take a charge with what the payer shows, look how far it is, cancel it."""

from collections.abc import Sequence

import msgspec

from tael.checkout import store
from tael.checkout.model import Charge, ChargeState
from tael.checkout.rules.charges import charge_state
from tael.checkout.schemas import ChargeBody, charge_body
from tael.checkout.usecases.answered import Desk, written
from tael.checkout.usecases.take_charges import TakeCharge, place_of, take_charges
from tael.foundation.calls import Answer, Call, Caller, Reply, is_known
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.merchants.api import Merchants
from tael.payments.api import Payments, RequestClose, StartAttempt
from tael.payments.model import PaymentState


class CancelCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to cancel a charge."""

    payment_id: str
    merchant_id: str


class Counter:
    """Charges at counters of one database."""

    def __init__(
        self, database: Database, payments: Payments, merchants: Merchants, desk: Desk, *, clock: Clock
    ) -> None:
        self._database = database
        self._payments = payments
        self._merchants = merchants
        self._desk = desk
        self._clock = clock

    async def begins(self, call: Call[TakeCharge]) -> bool:
        """Whether nothing was asked under this key: then the card has to be looked at. A repeat hears its first answer.

        Raises `NoSuchMerchantRecord`, `NotFromThisState` for a place where nothing can be charged.
        """
        async with self._database.transaction() as tx:
            if await is_known(tx, call):
                return False
            place = await place_of(tx, call.command, self._merchants)
        if isinstance(place, Refusal):
            raise place
        return True

    async def take(self, call: Call[TakeCharge]) -> Answer:
        """Charge what the payer shows; 202 while the payer has to do something, or the channel has not said what it did.

        Nothing is charged twice: asked again under the same key, it is the same order at the same channel.
        """

        async def verb(tx: Transaction, commands: Sequence[TakeCharge]) -> list[Charge | Refusal]:
            return await take_charges(
                tx, commands, payments=self._payments, merchants=self._merchants, now=self._clock.now()
            )

        def reply(charge: Charge) -> Reply:
            return Reply(object_id=charge.payment_id, answer=None)

        begun = await self._desk.open(call, verb, reply)
        if isinstance(begun, Answer):
            return begun
        payment_id, merchant_id = begun.object_id, call.command.merchant.id
        started = await self._payments.start_attempt(
            Call(
                caller=_ours(call.caller, payment_id),
                action="counter.begin",
                key="begin",
                request=call.request,
                command=StartAttempt(
                    payment_id=payment_id,
                    merchant_id=merchant_id,
                    attempt_id=new_id("att"),
                    method=call.command.method,
                    means=call.command.means,
                ),
            )
        )
        body = await self.charge(payment_id, merchant_id=merchant_id)
        if started.status >= 400 or body.state is ChargeState.REFUSED:
            await self._close(call.caller, payment_id, merchant_id)
            body = await self.charge(payment_id, merchant_id=merchant_id)
        if started.status >= 400:
            return await self._desk.close(call, msgspec.structs.replace(started, replayed=False))
        return await self._desk.close(call, _answer(body, 201))

    async def cancel(self, call: Call[CancelCharge]) -> Answer:
        """Cancel a charge: what was held is released, what was paid goes back; 202 while the channel has not confirmed it.

        Refuses `NoSuchCharge`, `AlreadyCaptured`.
        """
        command = call.command
        await self.charge(command.payment_id, merchant_id=command.merchant_id)
        closed = await self._payments.close(
            Call(
                caller=call.caller,
                action=call.action,
                key=call.key,
                request=call.request,
                command=_closing(command.payment_id, command.merchant_id),
            )
        )
        if closed.status >= 400:
            return closed
        body = await self.charge(command.payment_id, merchant_id=command.merchant_id)
        return msgspec.structs.replace(_answer(body, 200), replayed=closed.replayed)

    async def charge(self, payment_id: str, *, merchant_id: str) -> ChargeBody:
        """How far a charge is; refuses `NoSuchCharge`."""
        async with self._database.transaction() as tx:
            charge = await store.find_charge(tx, payment_id, merchant_id=merchant_id)
        return await self._told(charge)

    async def charges(
        self, merchant_id: str, *, terminal_id: str | None = None, before: str | None = None, limit: int
    ) -> Sequence[ChargeBody]:
        """A merchant's charges, newest first."""
        async with self._database.transaction() as tx:
            found = await store.list_charges(
                tx, merchant_id, terminal_id=terminal_id, before=before, limit=limit
            )
        return [await self._told(charge) for charge in found]

    async def _told(self, charge: Charge) -> ChargeBody:
        story = await self._payments.get(charge.payment_id, merchant_id=charge.merchant_id)
        state = charge_state(story.payment, story.attempts)
        return charge_body(charge, story.payment, story.attempts, state=state)

    async def _close(self, caller: Caller, payment_id: str, merchant_id: str) -> None:
        """End the payment of a charge that was refused: nobody can pay it any more."""
        await self._payments.close(
            Call(
                caller=caller,
                action="counter.close",
                key=f"close:{payment_id}",
                request=CancelCharge(payment_id=payment_id, merchant_id=merchant_id),
                command=_closing(payment_id, merchant_id),
            )
        )


def _closing(payment_id: str, merchant_id: str) -> RequestClose:
    return RequestClose(payment_id=payment_id, merchant_id=merchant_id, closing_as=PaymentState.CANCELED)


def _answer(body: ChargeBody, status: int) -> Answer:
    return written(body, status=status if body.state.ended else 202)


def _ours(caller: Caller, identity: str) -> Caller:
    """The caller of what we do on a caller's behalf: its keys are ours, and meet none of theirs."""
    return msgspec.structs.replace(caller, owner=f"checkout:{identity}")
