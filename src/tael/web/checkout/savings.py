"""What does a payer save in each way to pay, and with which coupon?

An address says `coupon=CODE` if the payer typed one, `coupon=` if they took it away again. If it says nothing, what they
began to pay last counts. `off` is the discount that stood on the page whose button they pressed.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from tael.checkout.model import Session
from tael.foundation.errors import Refusal
from tael.offers.model import AppliedOffer, code_as_kept, payer_said_as
from tael.payments.api import Asked, PaymentStory, Price, Prices
from tael.payments.model import Attempt
from tael.web.checkout.wallets import Way

_LONGEST_CODE = 40


class Wished(Protocol):
    """What an address says of discounts."""

    @property
    def coupon(self) -> str | None:
        """What the payer typed; none if the address says nothing."""
        ...

    @property
    def off_minor(self) -> int | None:
        """The discount that they saw."""
        ...


class Savings(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows of discounts."""

    codes: tuple[str, ...] = ()
    """The coupons that count; the payer types one at most."""
    prices: Mapping[str, Price] = {}
    """By method, with the coupon where it holds."""
    refusals: Mapping[str, Refusal] = {}
    """By method, why the coupon does not hold."""
    payer: str | None = None
    """Who pays, if the merchant has said so."""
    asks: bool = False
    """Whether there may be a code to type."""

    @property
    def coupon(self) -> str:
        """What stands in the field."""
        return self.codes[0] if self.codes else ""

    def asked(self, way: Way, wish: Wished | None = None) -> Asked:
        """Which discount is asked for in a way, now that the payer begins."""
        codes = self.codes if way.method not in self.refusals else ()
        return Asked(codes=codes, shown_minor=None if wish is None else wish.off_minor, payer=self.payer)


async def savings_of(
    prices: Prices, story: PaymentStory, session: Session | None, ways: Sequence[Way], wish: Wished
) -> Savings:
    """What is saved in each of the ways that are offered."""
    codes = _codes(story, wish)
    customer = session.customer_id if session is not None else None
    payer = payer_said_as(customer) if customer is not None else None
    asks = prices.takes_coupons(story.payment) or bool(codes)
    found: dict[str, Price] = {}
    refusals: dict[str, Refusal] = {}
    pairs = [(way.method, way.product) for way in ways]

    async def priced(asked: Asked) -> Sequence[Price | Refusal]:
        return await prices.of(story.payment, pairs, attempts=story.attempts, asked=asked)

    plain = await priced(Asked(payer=payer))
    with_code = await priced(Asked(codes=codes, payer=payer)) if codes else plain
    for way, without, price in zip(ways, plain, with_code, strict=True):
        live = _live(story, way, codes)
        if live is not None:
            found[way.method] = Price(amount_minor=live.amount_minor, offers=live.taken_off.offers)
        elif isinstance(price, Refusal):
            refusals[way.method] = price
        else:
            found[way.method] = price
        if way.method not in found and isinstance(without, Price):
            found[way.method] = without
    return Savings(codes=codes, payer=payer, prices=found, refusals=refusals, asks=asks)


def discounts_of(
    story: PaymentStory, attempt: Attempt | None, savings: Savings, way: Way | None
) -> tuple[AppliedOffer, ...]:
    """What was taken off what was paid; else off what is begun; else what would be."""
    paid = next((each for each in story.attempts if each.id == story.payment.captured_by), None)
    if paid is not None:
        return paid.taken_off.offers
    if story.payment.ended:
        return ()
    if attempt is not None and attempt.live:
        return attempt.taken_off.offers
    price = savings.prices.get(way.method) if way is not None else None
    return price.offers if price is not None else ()


def typed_coupon(text: str | None) -> str | None:
    """What an address says of a coupon; nonsense opens no offer."""
    return None if text is None else text.strip()[:_LONGEST_CODE]


def seen_discount(text: str | None) -> int | None:
    """The discount that an address says its reader saw."""
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,15}", text) else None


def query_of(method: str | None, coupon: str | None, off_minor: int | None = None) -> str:
    """What an address of the page says."""
    said = {"method": method or None, "coupon": coupon, "off": off_minor}
    return urlencode({name: value for name, value in said.items() if value is not None})


def _codes(story: PaymentStory, wish: Wished) -> tuple[str, ...]:
    if wish.coupon is not None:
        return (code_as_kept(wish.coupon),) if wish.coupon.strip() else ()
    begun = [each for each in reversed(story.attempts) if each.live and not each.abandoned]
    return begun[0].taken_off.codes if begun else ()


def _live(story: PaymentStory, way: Way, codes: tuple[str, ...]) -> Attempt | None:
    """What is begun in a way with these codes: its price stands."""
    for each in reversed(story.attempts):
        same = each.method == way.method and each.product is way.product and each.taken_off.codes == codes
        if same and each.live and not each.abandoned:
            return each
    return None
