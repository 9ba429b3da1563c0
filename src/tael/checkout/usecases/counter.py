"""The verbs of the counter: take a charge with what the payer shows, look how far it is, cancel it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tael.checkout import store
from tael.checkout.errors import NoSuchCharge
from tael.checkout.model import Charge
from tael.checkout.rules.charges import charge_state
from tael.checkout.schemas import ChargeBody, charge_body
from tael.checkout.usecases.ground import Ground
from tael.checkout.usecases.take_charges import TakeCharge, place_of, take_charge
from tael.foundation.calls import Answer, Begun, Call, Reply, is_known
from tael.foundation.clerk import written
from tael.foundation.db import Transaction
from tael.payments.events import AttemptEnded


class CancelCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to cancel a charge."""

    payment_id: str
    merchant_id: str
    within: frozenset[str] = frozenset()
    """As in `TakeCharge`."""


class Counter:
    """Charges at counters of one database."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def begins(self, call: Call[TakeCharge]) -> bool:
        """Whether nothing was asked under this key: then the card has to be looked at. A repeat hears its first answer.

        Raises `NoSuchMerchantRecord`, `NotFromThisState` for a place where nothing can be charged.
        """
        async with self._ground.database.transaction() as tx:
            if await is_known(tx, call):
                return False
            await place_of(self._ground, tx, call.command)
        return True

    async def take(self, call: Call[TakeCharge]) -> Answer:
        """Charge what the payer shows; 202 while the payer has to do something, or the channel has not said what it did.

        Nothing is charged twice: asked again under the same key, it is the same order at the same channel.
        """
        ground, command = self._ground, call.command

        async def verb(tx: Transaction, wish: TakeCharge) -> Charge:
            return await take_charge(ground, tx, wish)

        begun = await ground.clerk.open(call, verb, _open)
        if isinstance(begun, Answer):
            return begun
        story = await ground.payments.get(begun.object_id, merchant_id=command.merchant.id)
        started = await ground.begin(call, story.payment, command.method, command.means, codes=command.codes)
        return await self._end(call, begun, started, done=201)

    async def cancel(self, call: Call[CancelCharge]) -> Answer:
        """Cancel a charge: what was held is released, what was paid goes back; 202 while the channel has not confirmed it.

        Refuses `NoSuchCharge`, `AlreadyCaptured`.
        """

        async def verb(tx: Transaction, wish: CancelCharge) -> Charge:
            return await _found(tx, wish.payment_id, wish.merchant_id, wish.within)

        begun = await self._ground.clerk.open(call, verb, _open)
        if isinstance(begun, Answer):
            return begun
        closed = await self._ground.close(call, begun.object_id, call.command.merchant_id)
        return await self._end(call, begun, closed, done=200)

    async def charge(
        self, payment_id: str, *, merchant_id: str, within: frozenset[str] = frozenset()
    ) -> ChargeBody:
        """How far a charge is; refuses `NoSuchCharge`, also for one in another store than those `within`."""
        async with self._ground.database.transaction() as tx:
            charge = await _found(tx, payment_id, merchant_id, within)
        return (await self._told([charge]))[0]

    async def charges(
        self,
        merchant_id: str,
        *,
        terminal_id: str | None = None,
        within: frozenset[str] = frozenset(),
        before: str | None = None,
        limit: int,
    ) -> Sequence[ChargeBody]:
        """A merchant's charges, newest first; if stores are named, only those in them."""
        only = {"terminal_id": terminal_id, "stores": sorted(within) or None}
        async with self._ground.database.transaction() as tx:
            found = await store.page(tx, Charge, merchant_id, before=before, limit=limit, **only)
        return await self._told(found)

    async def hear_of_attempts(self, tx: Transaction, facts: Sequence[AttemptEnded]) -> None:
        """End the charges that nobody can pay any more: what a payer showed at a till is good for one attempt."""
        found = await store.charges_of(tx, {fact.object_id for fact in facts})
        await self._ground.payments.end_untried(tx, found)

    async def _end(self, call: Call[Any], begun: Begun, heard: Answer, *, done: int) -> Answer:
        """The end of an open call: what payments refused, or how far the charge is."""
        if heard.status < 400:
            body = await self.charge(begun.object_id, merchant_id=call.caller.owner)
            heard = written(body, status=done if body.state.ended else 202)
        return await self._ground.clerk.close(call, msgspec.structs.replace(heard, replayed=False))

    async def _told(self, charges: Sequence[Charge]) -> list[ChargeBody]:
        """How far they are, with one look for all of them."""
        ids, payments = [each.payment_id for each in charges], self._ground.payments
        found = await payments.find(ids)
        beside = await payments.lists.beside(ids, attempts=True, refunds=False, steps=False)
        told = [(each, found[each.payment_id], beside.attempts[each.payment_id]) for each in charges]
        return [
            charge_body(charge, payment, attempts, state=charge_state(payment, attempts))
            for charge, payment, attempts in told
        ]


async def _found(tx: Transaction, payment_id: str, merchant_id: str, within: frozenset[str]) -> Charge:
    charge = await store.find(tx, Charge, payment_id, merchant_id=merchant_id)
    if within and charge.store_id not in within:
        raise NoSuchCharge(f"There is no charge {payment_id} in your stores.", field="charge_id")
    return charge


def _open(charge: Charge) -> Reply:
    return Reply(object_id=charge.payment_id, answer=None)
