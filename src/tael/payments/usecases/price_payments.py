"""Price payments: what a payer would pay in each way, now."""

from collections.abc import Sequence

import msgspec

from tael.channels.api import Channels
from tael.channels.port import Product
from tael.foundation.errors import Refusal
from tael.offers.api import Offers
from tael.offers.model import AppliedOffer
from tael.payments.model import Attempt, Payment
from tael.payments.usecases.apply_offers import Asked, applied, purchase_of, uses_offers, why_not_discounted


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What is paid in one way, and what offers take off it."""

    amount_minor: int
    offers: tuple[AppliedOffer, ...] = ()

    @property
    def discount_minor(self) -> int:
        """What is taken off in all."""
        return sum(offer.amount_minor for offer in self.offers)


class Prices:
    """What payments cost in the ways in which they can be paid."""

    def __init__(self, channels: Channels, offers: Offers) -> None:
        self._channels = channels
        self._offers = offers

    def takes_coupons(self, payment: Payment) -> bool:
        """Whether it is worth asking a payer for a code."""
        return not payment.manual and self._offers.takes_coupons(payment.merchant_id)

    async def of(
        self,
        payment: Payment,
        ways: Sequence[tuple[str, Product]],
        *,
        attempts: Sequence[Attempt],
        asked: Asked,
    ) -> Sequence[Price | Refusal]:
        """What each way (a method in a scene) costs, as far as it has not begun; if it begins now, it is held so.

        Refuses `NoSuchCoupon`, `OfferNotUsable`: the payer typed the code.

        attempts  the payment's own: what they have of an offer is the payer's in every way
        """
        plain = Price(amount_minor=payment.amount_minor)
        known = asked.something or uses_offers(attempts)
        if not known and not self._offers.may_concern(payment.merchant_id):
            return [plain for _ in ways]
        purchases = [
            purchase_of(payment, method, product, asked, channels=self._channels) for method, product in ways
        ]
        found = await self._offers.discounts(purchases, payment_id=payment.id)
        prices: list[Price | Refusal] = []
        for (_, product), discounts in zip(ways, found, strict=True):
            never = why_not_discounted(payment, product)
            if never is not None:
                prices.append(never if asked.codes else plain)
            elif isinstance(discounts, Refusal):
                prices.append(discounts)
            else:
                off_minor = sum(each.amount_minor for each in discounts)
                prices.append(Price(amount_minor=payment.amount_minor - off_minor, offers=applied(discounts)))
        return prices
