"""What does an offer take off a purchase, which of several are used together, and what goes back with a refund?

* The discount is the percentage of the amount, rounded down, and the fixed part; never more than the offer's most, than
  what is left of its budget, or than leaves what can be paid at the least.
* Offers that stack are used one after the other, each on what the ones before have left, those that take most first. One
  that does not stack stands alone. Of both ways the payer gets the cheaper; if they are equal, the one with fewer offers.
* The attempts of one payment use an offer once, as much as that of them which takes most; and a coupon once, and once of
  what a payer may. One of them is paid, if any.
* A payer is known by their wallet, which checks it. That somebody is a merchant's customer the merchant alone says: that does
  for what the merchant pays for, and not for what the platform does.
* With refunds a discount goes back in proportion to what the payer got back, such that the parts of many refunds add up.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tael.foundation.clock import EARLIEST, LATEST
from tael.foundation.money import Money
from tael.offers.errors import OfferChanged, OfferMalformed, OfferNotUsable
from tael.offers.model import (
    Charge,
    Discount,
    Offer,
    OfferState,
    OnRefund,
    Purchase,
    Redemption,
    RedemptionState,
    Terms,
)

WHOLE_BASIS_POINTS = 10_000
LONGEST = timedelta(days=3 * 366)
LARGEST_BUDGET_MINOR = 10**14
CODE = re.compile(r"[A-Z0-9]{4,32}")


def why_malformed(name: str, terms: Terms) -> OfferMalformed | None:
    """The refusal of an offer's particulars, or `None`."""
    wrong = _wrong_words(name, terms) or _wrong_amounts(terms)
    return None if wrong is None else OfferMalformed(wrong[1], field=wrong[0])


def _wrong_words(name: str, terms: Terms) -> tuple[str, str] | None:
    if not 1 <= len(name.strip()) <= 64 or not name.isprintable():
        return "name", "An offer's name has 1 to 64 printable characters."
    if not EARLIEST <= terms.starts_at < LATEST:
        return "starts_at", f"An offer starts between {EARLIEST:%Y} and {LATEST:%Y}."
    if not timedelta(0) < terms.ends_at - terms.starts_at <= LONGEST:
        return "ends_at", "An offer ends after it starts, and within three years."
    if terms.per_payer is not None and terms.per_payer < 1:
        return "per_payer", "A payer may use an offer at least once."
    return None


def _wrong_amounts(terms: Terms) -> tuple[str, str] | None:
    if not 0 <= terms.percent_basis_points <= WHOLE_BASIS_POINTS:
        return "percent_basis_points", "A percentage is between 0 and 10000 hundredths of a percent."
    if not 0 <= terms.fixed_minor <= LARGEST_BUDGET_MINOR:
        return "fixed_minor", f"A fixed discount is between 0 and {LARGEST_BUDGET_MINOR} minor units."
    if not terms.percent_basis_points and not terms.fixed_minor:
        return "fixed_minor", "An offer takes something off: say a percentage or a fixed amount."
    if terms.most_minor is not None and terms.most_minor < 1:
        return "most_minor", "The largest discount is at least one minor unit."
    if not 1 <= terms.least_amount_minor <= LARGEST_BUDGET_MINOR:
        return "least_amount_minor", "The smallest payment is at least one minor unit."
    if not 1 <= terms.budget_minor <= LARGEST_BUDGET_MINOR:
        return "budget_minor", f"A budget is between 1 and {LARGEST_BUDGET_MINOR} minor units."
    return None


def why_not_usable(offer: Offer, purchase: Purchase, *, uses: int, now: datetime) -> OfferNotUsable | None:
    """Why an offer does not hold for a purchase, or `None`.

    uses   how often the payer has used it already
    """
    terms = offer.terms
    if offer.state is not OfferState.ACTIVE or not terms.starts_at <= now < terms.ends_at:
        return OfferNotUsable("The offer does not hold now.", reason="not_now")
    if offer.merchant_id not in (None, purchase.merchant_id) or terms.currency != purchase.currency:
        return OfferNotUsable("The offer is not for this payment.", reason="other_payments")
    if terms.methods and purchase.method not in terms.methods:
        return OfferNotUsable(
            f"The offer holds with {', '.join(terms.methods)}.", field="method", reason="other_methods"
        )
    if purchase.amount_minor < terms.least_amount_minor:
        least = Money(terms.least_amount_minor, terms.currency)
        return OfferNotUsable(
            f"The offer holds from {least} on.",
            field="amount_minor",
            reason="least_amount",
            least_minor=least.minor,
        )
    if terms.per_payer is not None and not purchase.knows_payer(offer.funder):
        return OfferNotUsable("The offer holds only for payers who are known.", reason="known_payers")
    if terms.per_payer is not None and uses >= terms.per_payer:
        return OfferNotUsable(
            f"The offer can be used {terms.per_payer} times by one payer.", reason="used_by_payer"
        )
    if offer.left_minor < 1:
        return OfferNotUsable("The offer is used up.", reason="used_up")
    return None


def discount_of(offer: Offer, amount_minor: int, *, least_minor: int = 1) -> int:
    """What an offer takes off an amount, of which at least `least_minor` is to be paid."""
    terms = offer.terms
    share: int = amount_minor * terms.percent_basis_points // WHOLE_BASIS_POINTS
    most: tuple[int, ...] = (
        offer.left_minor,
        amount_minor - least_minor,
        *(() if terms.most_minor is None else (terms.most_minor,)),
    )
    return max(0, min(share + terms.fixed_minor, *most))


def best_of(
    usable: Iterable[tuple[Offer, str | None]], amount_minor: int, *, least_minor: int = 1
) -> tuple[Discount, ...]:
    """Which of the offers (each with the code that opened it) are used, and what each takes off."""

    def taken(each: tuple[Offer, str | None]) -> int:
        return discount_of(each[0], amount_minor, least_minor=least_minor)

    offers = sorted(usable, key=lambda each: (-taken(each), each[0].id))
    alone = [_in_turn([each], amount_minor, least_minor) for each in offers[:1]]
    together = _in_turn([each for each in offers if each[0].terms.stacks], amount_minor, least_minor)
    ways = [*alone, together]
    return min(ways, key=lambda way: (-sum(each.amount_minor for each in way), len(way)), default=())


def _in_turn(
    offers: Sequence[tuple[Offer, str | None]], amount_minor: int, least_minor: int
) -> tuple[Discount, ...]:
    discounts = []
    for offer, code in offers:
        off = discount_of(offer, amount_minor, least_minor=least_minor)
        if off:
            amount_minor -= off
            discounts.append(Discount(offer=offer, amount_minor=off, code=code))
    return tuple(discounts)


def why_changed(discount_minor: int, shown_minor: int | None, currency: str) -> OfferChanged | None:
    """The refusal of a discount other than the payer was shown, or `None`; also if nobody says what was shown."""
    if shown_minor in (None, discount_minor):
        return None
    return OfferChanged(
        f"The discount is {Money(discount_minor, currency)} now.",
        hint="Show the payer the new amount, and ask again.",
        discount_minor=discount_minor,
    )


def charge_of(redemptions: Iterable[Redemption]) -> Charge:
    """What redemptions use up that are held or spent: each payment once, as much as its dearest attempt."""
    by_payment: dict[tuple[str, tuple[str, ...]], int] = {}
    for each in redemptions:
        if each.state is RedemptionState.RELEASED:
            continue
        key = each.payment_id, ("offer", each.offer_id)
        by_payment[key] = max(by_payment.get(key, 0), each.amount_minor)
        if each.code is not None:
            by_payment[each.payment_id, ("coupon", each.code)] = 1
        if each.payer is not None:
            by_payment[each.payment_id, ("payer", each.offer_id, each.payer)] = 1
    charge: Charge = Counter()
    for (_, what), much in by_payment.items():
        charge[what] += much
    return charge


def changed_charge(before: Charge, after: Charge) -> Charge:
    """What more is used up; less than nothing is free again."""
    return Counter({what: after[what] - before[what] for what in {*before, *after}})


def goes_back(redemption: Redemption, *, paid_minor: int, refunded_minor: int) -> int:
    """What more of a discount goes back to its funder, now that the payer has got back `refunded_minor` in all.

    paid_minor   what the payer had paid
    """
    if redemption.on_refund is OnRefund.KEPT or not paid_minor:
        return 0
    share = (2 * redemption.amount_minor * refunded_minor + paid_minor) // (2 * paid_minor)
    return share - redemption.given_back_minor
