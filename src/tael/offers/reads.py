"""Which offers might hold for some purchases, and what is left of each as they are used one after the other?"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.offers import rules, store
from tael.offers.errors import NoSuchCoupon, OfferNotUsable
from tael.offers.model import (
    Charge,
    Coupon,
    Discount,
    Offer,
    Purchase,
    Redemption,
    RedemptionState,
    Use,
    code_as_kept,
)


class OpenOffers:
    """The offers that some purchases might use, as they are at one moment, and what is held of them from then on."""

    def __init__(
        self,
        offers: Mapping[str, Offer],
        coupons: Mapping[str, Coupon],
        uses: Counter[tuple[str, str]],
        redemptions: Sequence[Redemption],
        *,
        now: datetime,
    ) -> None:
        self._offers = offers
        self._coupons = coupons
        self._uses = uses
        self._before = rules.charge_of(redemptions)
        self._redemptions = list(redemptions)
        self._new: list[Redemption] = []
        self._now = now

    @classmethod
    async def at(
        cls,
        tx: Transaction,
        purchases: Sequence[Purchase],
        *,
        payment_ids: Collection[str] = (),
        now: datetime,
        lock: bool = False,
    ) -> "OpenOffers":
        """Look them up; if they are locked, nobody else uses them until the transaction ends.

        purchases    of which the merchants, currencies, codes and payers count
        payment_ids  whose they are: what their attempts hold already they need not find a second time
        """
        codes = {code for purchase in purchases for code in _codes_of(purchase)}
        coupons = await store.find_coupons(tx, codes)
        scenes = {(purchase.merchant_id, purchase.currency) for purchase in purchases}
        wanted = await store.offers_for(tx, sorted(scenes))
        redemptions = await store.redemptions_of_payments(tx, payment_ids)
        ids = {
            *wanted,
            *(coupon.offer_id for coupon in coupons.values()),
            *(redemption.offer_id for redemption in redemptions),
        }
        offers = await store.find_offers(tx, ids, lock=lock)
        if lock and coupons:  # whoever uses a coupon has its offer locked: now they stand still
            coupons = await store.find_coupons(tx, codes)
        payers = {purchase.payer_counted for purchase in purchases if purchase.payer_counted is not None}
        uses = await store.uses_of_payers(tx, offers, payers)
        return cls(offers, coupons, uses, redemptions, now=now)

    def best_for(self, purchase: Purchase, *, payment_id: str | None = None) -> Sequence[Discount] | Refusal:
        """What is taken off a purchase, or why a code that comes with it does not hold."""
        beside = rules.charge_of(each for each in self._redemptions if each.payment_id != payment_id)
        others = rules.changed_charge(self._before, beside)
        opened: dict[str, Coupon] = {}
        for code in _codes_of(purchase):
            coupon = self._coupons.get(code)
            if coupon is None:
                return NoSuchCoupon(f"No offer is opened by {code[:40]!r}.", field="coupon_codes")
            opened[coupon.offer_id] = coupon
        usable: list[tuple[Offer, str | None]] = []
        for known in self._offers.values():
            used_minor = known.used_minor + others["offer", known.id]
            offer = msgspec.structs.replace(known, used_minor=used_minor)
            coupon = opened.get(offer.id)
            if coupon is None and offer.terms.needs_coupon:
                continue
            refusal = self._why_not(offer, coupon, purchase, others)
            if refusal is None:
                usable.append((offer, None if coupon is None else coupon.code))
            elif coupon is not None:
                return refusal
        return rules.best_of(usable, purchase.amount_minor, least_minor=purchase.least_to_pay_minor)

    def hold(self, use: Use) -> Sequence[Discount] | Refusal:
        """Hold what is taken off a purchase; of an attempt that holds something already, what that is."""
        held = [
            each
            for each in self._redemptions
            if each.attempt_id == use.attempt_id and each.state is RedemptionState.HELD
        ]
        if held:
            return [
                Discount(offer=self._offers[each.offer_id], amount_minor=each.amount_minor, code=each.code)
                for each in held
            ]
        found = self.best_for(use.purchase, payment_id=use.payment_id)
        if isinstance(found, Refusal):
            return found
        off_minor = sum(discount.amount_minor for discount in found)
        changed = rules.why_changed(off_minor, use.shown_minor, use.purchase.currency)
        if changed is not None:
            return changed
        new = [_redemption(use, discount, self._now) for discount in found]
        self._redemptions += new
        self._new += new
        return found

    async def write(self, tx: Transaction) -> None:
        """Write what is held, and take it out of the budgets, which are locked."""
        if self._new:
            await store.insert_redemptions(tx, self._new)
            after = rules.charge_of(self._redemptions)
            await store.change_uses(tx, rules.changed_charge(self._before, after))

    def _why_not(
        self, offer: Offer, coupon: Coupon | None, purchase: Purchase, others: Charge
    ) -> OfferNotUsable | None:
        if coupon is not None and coupon.uses + others["coupon", coupon.code] >= coupon.uses_most:
            return OfferNotUsable("The code is used up.", field="coupon_codes", reason="used_up")
        uses, payer = 0, purchase.payer_counted
        if payer is not None:
            uses = self._uses[offer.id, payer] + others["payer", offer.id, payer]
        return rules.why_not_usable(offer, purchase, uses=uses, now=self._now)


def _codes_of(purchase: Purchase) -> list[str]:
    return [code_as_kept(code) for code in purchase.codes]


def _redemption(use: Use, discount: Discount, now: datetime) -> Redemption:
    return Redemption(
        id=new_id("red"),
        offer_id=discount.offer.id,
        attempt_id=use.attempt_id,
        payment_id=use.payment_id,
        payer=use.purchase.payer_counted,
        code=discount.code,
        funder=discount.offer.funder,
        on_refund=discount.offer.terms.on_refund,
        amount_minor=discount.amount_minor,
        given_back_minor=0,
        state=RedemptionState.HELD,
        created_at=now,
    )
