"""The verbs of offers: make, pause and end them, give out coupons; find, hold, spend and release discounts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.offers import rules, store, usecases
from tael.offers.errors import OfferChanged
from tael.offers.model import (
    Coupon,
    Discount,
    Funder,
    Offer,
    OfferState,
    Purchase,
    Redemption,
    RedemptionState,
)
from tael.offers.reads import OpenOffers
from tael.offers.usecases import Command, MakeCoupons, MakeOffer, NewCoupons, SetOfferState, action_of

__all__ = ["Command", "MakeCoupons", "MakeOffer", "NewCoupons", "Offers", "SetOfferState", "Use", "action_of"]


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that begins: one attempt to pay."""

    payment_id: str
    attempt_id: str
    purchase: Purchase
    shown_minor: int | None = None
    """The discount that the payer has seen, if there was somebody to see it."""


class Offers:
    """The offers of one database. Verbs that take a transaction belong into the one in which the payment changes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._clerk = Clerk(database, clock)

    # For those who make offers.

    async def answer(
        self, call: Call[Command], *, shown: Callable[[Any], tuple[str, msgspec.Struct]], status: int = 200
    ) -> Answer:
        """Make an offer or coupons, pause an offer, let it go on or end it: what goes over the wire."""
        return await self._clerk.answer(call, self._do, shown=shown, status=status)

    async def do(self, command: Command, *, actor: str) -> Any:
        """The same from inside the house: an `Offer`, or `NewCoupons`. Raises what the verb refuses."""
        async with self._database.transaction() as tx:
            result = await self._do(tx, command)
            await self._audit(tx, actor, action_of(command), result.id)
        return result

    async def get(self, offer_id: str, *, merchant_id: str | None) -> Offer:
        """One offer; refuses `NoSuchOffer`. `merchant_id` is None for the platform."""
        async with self._database.transaction() as tx:
            return await usecases.one(tx, offer_id, merchant_id)

    async def find(
        self,
        *,
        merchant_id: str | None,
        funder: Funder | None = None,
        state: OfferState | None = None,
        before: str | None = None,
        limit: int,
    ) -> Sequence[Offer]:
        """Offers, newest first; of all merchants if `merchant_id` is None."""
        async with self._database.transaction() as tx:
            return await store.list_offers(
                tx, merchant_id=merchant_id, funder=funder, state=state, before=before, limit=limit
            )

    async def coupons(
        self, offer_id: str, *, merchant_id: str | None, after: str | None, limit: int
    ) -> Sequence[Coupon]:
        """An offer's coupons; refuses `NoSuchOffer`."""
        async with self._database.transaction() as tx:
            await usecases.one(tx, offer_id, merchant_id)
            return await store.list_coupons(tx, offer_id, after=after, limit=limit)

    async def redemptions(
        self, offer_id: str, *, merchant_id: str | None, before: str | None, limit: int
    ) -> Sequence[Redemption]:
        """What was redeemed of an offer, newest first; refuses `NoSuchOffer`."""
        async with self._database.transaction() as tx:
            await usecases.one(tx, offer_id, merchant_id)
            return await store.list_redemptions(tx, offer_id, before=before, limit=limit)

    # For those who take payments.

    async def discounts(self, purchase: Purchase) -> Sequence[Discount]:
        """What would be taken off a purchase now. A code that does not hold is refused: the payer typed it.

        Refuses `NoSuchCoupon`, `OfferNotUsable`.
        """
        async with self._database.transaction() as tx:
            found = (await OpenOffers.at(tx, [purchase], now=self._clock.now())).best_for(purchase)
        if isinstance(found, Refusal):
            raise found
        return found

    async def hold(self, tx: Transaction, uses: Sequence[Use]) -> Sequence[Sequence[Discount] | Refusal]:
        """Take what is taken off each purchase out of the budgets.

        Refuses `NoSuchCoupon`, `OfferNotUsable`, and `OfferChanged` if the payer was shown another discount.
        """
        if not uses:
            return []
        now = self._clock.now()
        offers = await OpenOffers.at(tx, [use.purchase for use in uses], now=now, lock=True)
        results: list[Sequence[Discount] | Refusal] = []
        held: list[Redemption] = []
        for use in uses:
            found = offers.best_for(use.purchase)
            refusal = found if isinstance(found, Refusal) else _why_changed(use, found)
            results.append(refusal or found)
            if refusal is None and not isinstance(found, Refusal):
                offers.use(use.purchase, found)
                held += [_redemption(use, discount, now) for discount in found]
        await store.insert_redemptions(tx, held)
        return results

    async def spend(self, tx: Transaction, attempt_ids: Collection[str]) -> Mapping[str, list[Redemption]]:
        """The attempts have succeeded: by attempt, what they were paid with beside the payer's money."""
        redemptions = await store.lock_redemptions(tx, attempt_ids)
        spent = [_with_state(each, RedemptionState.SPENT) for each in redemptions]
        await store.update_redemptions(tx, spent)
        by_attempt: dict[str, list[Redemption]] = {}
        for each in spent:
            by_attempt.setdefault(each.attempt_id, []).append(each)
        return by_attempt

    async def release(self, tx: Transaction, attempt_ids: Collection[str]) -> None:
        """The attempts came to nothing: what was held for them is free again."""
        redemptions = await store.lock_redemptions(tx, attempt_ids)
        held = [each for each in redemptions if each.state is RedemptionState.HELD]
        await store.update_redemptions(tx, [_with_state(each, RedemptionState.RELEASED) for each in held])
        await store.give_up(tx, held)

    async def give_back(
        self, tx: Transaction, attempt_id: str, *, paid_minor: int, refunded_minor: int
    ) -> Sequence[tuple[Redemption, int]]:
        """The payer has got back so much in all: what more of each discount goes back to its funder. May be negative."""
        spent = [
            each
            for each in await store.lock_redemptions(tx, [attempt_id])
            if each.state is RedemptionState.SPENT
        ]
        going = [
            (each, rules.goes_back(each, paid_minor=paid_minor, refunded_minor=refunded_minor))
            for each in spent
        ]
        await store.update_redemptions(
            tx,
            [
                msgspec.structs.replace(each, given_back_minor=each.given_back_minor + minor)
                for each, minor in going
            ],
        )
        return going

    async def _do(self, tx: Transaction, command: Command) -> Any:
        return await usecases.do(tx, command, now=self._clock.now())

    async def _audit(self, tx: Transaction, actor: str, action: str, object_id: str) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(), actor=actor, action=action, object_id=object_id, result="done"
        )
        await audit.record(tx, [event])


def _why_changed(use: Use, discounts: Sequence[Discount]) -> OfferChanged | None:
    off = sum(discount.amount_minor for discount in discounts)
    if use.shown_minor in (None, off):
        return None
    return OfferChanged(
        f"The discount is {Money(off, use.purchase.currency)} now.",
        hint="Show the payer the new amount, and ask again.",
        discount_minor=off,
    )


def _redemption(use: Use, discount: Discount, now: datetime) -> Redemption:
    return Redemption(
        id=new_id("red"),
        offer_id=discount.offer.id,
        attempt_id=use.attempt_id,
        payment_id=use.payment_id,
        payer=use.purchase.payer,
        code=discount.code,
        funder=discount.offer.funder,
        on_refund=discount.offer.terms.on_refund,
        amount_minor=discount.amount_minor,
        given_back_minor=0,
        state=RedemptionState.HELD,
        created_at=now,
    )


def _with_state(redemption: Redemption, state: RedemptionState) -> Redemption:
    return msgspec.structs.replace(redemption, state=state)
