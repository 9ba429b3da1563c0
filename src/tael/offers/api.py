"""The verbs of offers: make, pause and end them, give out coupons; find, hold and settle discounts."""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from tael.foundation import audit, proposals
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.offers import rules, store, usecases
from tael.offers.model import (
    Coupon,
    Discount,
    Funder,
    Offer,
    OfferState,
    Purchase,
    Redemption,
    RedemptionState,
    Use,
)
from tael.offers.reads import OpenOffers
from tael.offers.rules import why_changed
from tael.offers.usecases import (
    KIND,
    Command,
    DecideOffer,
    MakeCoupons,
    MakeOffer,
    PlatformOffer,
    ProposeOffer,
    SetOfferState,
    action_of,
    proposed_in,
)

__all__ = [
    "Command",
    "DecideOffer",
    "MakeCoupons",
    "MakeOffer",
    "Offers",
    "OpenOffers",
    "PlatformOffer",
    "ProposeOffer",
    "SetOfferState",
    "action_of",
    "proposed_in",
    "why_changed",
]


_NOT_SPENT = (RedemptionState.HELD, RedemptionState.RELEASED)
_SOON = timedelta(minutes=1)
"""An offer that begins within this time is looked at already."""


class Offers:
    """The offers of one database. Verbs that take a transaction belong into the one in which the payment changes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._clerk = Clerk(database, clock)
        self._concerned: set[tuple[str | None, bool]] = set()

    # For those who make offers.

    async def answer(
        self, call: Call[Command], *, shown: Callable[[Any], tuple[str, msgspec.Struct]], status: int = 200
    ) -> Answer:
        """Make, propose or decide about an offer, pause or end one, make coupons: what goes over the wire."""
        answer = await self._clerk.answer(call, self._do, shown=shown, status=status)
        await self.refresh()
        return answer

    async def do(self, command: Command, *, actor: str) -> Any:
        """The same from inside the house: an `Offer`, `NewCoupons`, a `Proposal`. Raises what the verb refuses."""
        async with self._database.transaction() as tx:
            result = await self._do(tx, command)
            await self._audit(tx, actor, action_of(command), result.id)
        await self.refresh()
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

    async def proposals(
        self, *, state: ProposalState | None = None, before: str | None = None, limit: int
    ) -> Sequence[Proposal]:
        """Offers that somebody wants the platform to pay for, newest first."""
        wanted = ProposalFilter(kind=KIND, state=state, before=before, limit=limit)
        async with self._database.transaction() as tx:
            return await proposals.list_proposals(tx, wanted, now=self._clock.now())

    # For those who take payments.

    async def discounts(
        self, purchases: Sequence[Purchase], *, payment_id: str | None = None
    ) -> Sequence[Sequence[Discount] | Refusal]:
        """What would be taken off each purchase now, were it the only one. A code that does not hold is refused.

        Refuses `NoSuchCoupon`, `OfferNotUsable`: the payer typed the code.

        payment_id   whose attempts may hold something of the offers already
        """
        own = () if payment_id is None else (payment_id,)
        async with self._database.transaction() as tx:
            offers = await OpenOffers.at(tx, purchases, payment_ids=own, now=self._clock.now())
        return [offers.best_for(purchase, payment_id=payment_id) for purchase in purchases]

    def may_concern(self, merchant_id: str) -> bool:
        """Whether an offer without a code might be for a merchant's payments, as far as this process has heard.

        It hears of them every few seconds (`refresh`): payments that no offer is for ask nothing.
        """
        return bool({(None, False), (merchant_id, False)} & self._concerned)

    def takes_coupons(self, merchant_id: str) -> bool:
        """Whether a code might open an offer for a merchant's payments, as far as this process has heard."""
        return bool({(None, True), (merchant_id, True)} & self._concerned)

    async def refresh(self) -> None:
        """Hear for whose payments there are offers now."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            self._concerned = await store.merchants_with_offers(tx, now=now, soon=now + _SOON)

    async def open(self, tx: Transaction, uses: Sequence[Use]) -> OpenOffers:
        """The offers that purchases of these merchants, with these codes, might use: locked, to hold and write them."""
        return await OpenOffers.at(
            tx,
            [use.purchase for use in uses],
            payment_ids={use.payment_id for use in uses},
            now=self._clock.now(),
            lock=True,
        )

    async def hold(self, tx: Transaction, uses: Sequence[Use]) -> Sequence[Sequence[Discount] | Refusal]:
        """Take what is taken off each purchase out of the budgets.

        Refuses `NoSuchCoupon`, `OfferNotUsable`, and `OfferChanged` if the payer was shown another discount.
        """
        offers = await self.open(tx, uses)
        held = [offers.hold(use) for use in uses]
        await offers.write(tx)
        return held

    async def settle(
        self, tx: Transaction, *, spent: Collection[str] = (), released: Collection[str] = ()
    ) -> None:
        """Attempts have ended: what was held for those that were paid is gone for good, the others' is free again.

        What was released before and is paid after all is taken again, also beyond the budget: the payer has paid what they
        were shown. All offers are locked at once, in their order. Whoever calls has locked the payments: nobody else moves
        what belongs to them.
        """
        known = await store.redemptions_beside(tx, {*spent, *released})
        moved: dict[str, Redemption] = {}
        for each in known:
            if each.attempt_id in spent and each.state in _NOT_SPENT:
                moved[each.id] = msgspec.structs.replace(each, state=RedemptionState.SPENT)
            elif each.attempt_id in released and each.state is RedemptionState.HELD:
                moved[each.id] = msgspec.structs.replace(each, state=RedemptionState.RELEASED)
        after = rules.charge_of(moved.get(each.id, each) for each in known)
        change = rules.changed_charge(rules.charge_of(known), after)
        if any(change.values()):
            await store.find_offers(tx, {each.offer_id for each in moved.values()}, lock=True)
            await store.change_uses(tx, change)
        await store.update_redemptions(tx, list(moved.values()))

    async def give_back(
        self, tx: Transaction, attempt_id: str, *, paid_minor: int, refunded_minor: int
    ) -> Sequence[tuple[Redemption, int]]:
        """The payer gets back so much in all: what more of each discount goes back to its funder. May be negative.

        Counted from the moment in which the money is set aside.
        """
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
