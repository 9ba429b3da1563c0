"""Which offers might hold for some purchases, and what is left of each as they are used one after the other?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.offers import rules, store
from tael.offers.errors import NoSuchCoupon, OfferNotUsable
from tael.offers.model import Coupon, Discount, Offer, Purchase


class OpenOffers:
    """The offers that some purchases might use, as they are at one moment."""

    def __init__(
        self,
        offers: Mapping[str, Offer],
        coupons: Mapping[str, Coupon],
        uses: Counter[tuple[str, str]],
        *,
        now: datetime,
    ) -> None:
        self._offers = dict(offers)
        self._coupons = dict(coupons)
        self._uses = uses
        self._now = now

    @classmethod
    async def at(
        cls, tx: Transaction, purchases: Sequence[Purchase], *, now: datetime, lock: bool = False
    ) -> "OpenOffers":
        """Look them up; if they are locked, nobody else uses them until the transaction ends."""
        codes = {code for purchase in purchases for code in _codes_of(purchase)}
        coupons = await store.find_coupons(tx, codes)
        scenes = {(purchase.merchant_id, purchase.currency) for purchase in purchases}
        wanted = await store.offers_for(tx, sorted(scenes))
        ids = {*wanted, *(coupon.offer_id for coupon in coupons.values())}
        offers = await store.find_offers(tx, ids, lock=lock)
        if lock and coupons:  # whoever uses a coupon has its offer locked: now they stand still
            coupons = await store.find_coupons(tx, codes)
        payers = {purchase.payer for purchase in purchases if purchase.payer is not None}
        return cls(offers, coupons, await store.uses_of_payers(tx, offers, payers), now=now)

    def best_for(self, purchase: Purchase) -> Sequence[Discount] | Refusal:
        """What is taken off a purchase, or why a code that comes with it does not hold."""
        opened: dict[str, Coupon] = {}
        for code in _codes_of(purchase):
            coupon = self._coupons.get(code)
            if coupon is None:
                return NoSuchCoupon(f"No offer is opened by {code[:40]!r}.", field="codes")
            opened[coupon.offer_id] = coupon
        usable: list[tuple[Offer, str | None]] = []
        for offer in self._offers.values():
            coupon = opened.get(offer.id)
            if coupon is None and offer.terms.needs_coupon:
                continue
            refusal = self._why_not(offer, coupon, purchase)
            if refusal is None:
                usable.append((offer, None if coupon is None else coupon.code))
            elif coupon is not None:
                return refusal
        return rules.best_of(usable, purchase.amount_minor)

    def use(self, purchase: Purchase, discounts: Sequence[Discount]) -> None:
        """So much less is left for the purchases that follow."""
        for discount in discounts:
            offer = self._offers[discount.offer.id]
            self._offers[offer.id] = msgspec.structs.replace(
                offer, used_minor=offer.used_minor + discount.amount_minor
            )
            if purchase.payer is not None:
                self._uses[offer.id, purchase.payer] += 1
            if discount.code is not None:
                coupon = self._coupons[discount.code]
                self._coupons[coupon.code] = msgspec.structs.replace(coupon, uses=coupon.uses + 1)

    def _why_not(self, offer: Offer, coupon: Coupon | None, purchase: Purchase) -> OfferNotUsable | None:
        if coupon is not None and coupon.uses >= coupon.uses_most:
            return OfferNotUsable("The code is used up.", field="codes")
        uses = 0 if purchase.payer is None else self._uses[offer.id, purchase.payer]
        return rules.why_not_usable(offer, purchase, uses=uses, now=self._now)


def _codes_of(purchase: Purchase) -> list[str]:
    """As they are kept, whatever way the payer wrote them."""
    return [code.strip().upper() for code in purchase.codes]
