"""Apply offers: what is taken off an attempt is held as it begins, spent as it is paid, and goes back with refunds."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import structlog

from tael.channels.api import Channels
from tael.channels.port import Product
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.api import Ledger
from tael.ledger.model import JournalEntry
from tael.offers.api import Offers, OpenOffers, why_changed
from tael.offers.errors import OfferChanged, OfferNotUsable
from tael.offers.model import AppliedOffer, Discount, Funder, Purchase, TakenOff, Use
from tael.payments import postings
from tael.payments.model import Attempt, Payment
from tael.payments.rules import Change, Consequence

log = structlog.get_logger("tael.payments")


class Asked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which discount somebody asks for who begins to pay."""

    codes: tuple[str, ...] | None = None
    """Exactly these coupons, as they are kept; none: whatever there is."""
    shown_minor: int | None = None
    """The discount that the payer has seen."""
    payer: str | None = None
    """Who pays, if that is known: always the same words for the same payer."""

    @property
    def something(self) -> bool:
        """Whether offers are to be looked at in any case."""
        return bool(self.codes) or bool(self.shown_minor)


def purchase_of(
    payment: Payment, method: str, product: Product, asked: Asked, *, channels: Channels
) -> Purchase:
    """What somebody is about to pay, in the words of offers."""
    return Purchase(
        merchant_id=payment.merchant_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        method=method,
        payer=asked.payer,
        codes=asked.codes or (),
        least_to_pay_minor=_least_minor(method, product, payment.currency, channels),
    )


def why_not_discounted(payment: Payment, product: Product) -> OfferNotUsable | None:
    """The refusal of any offer for a payment, whatever the offers say, or `None`."""
    if payment.manual:
        return OfferNotUsable(
            "Offers hold for payments that are taken at once, not for money that is held first.",
            reason="other_payments",
        )
    if product is Product.TRANSFER:
        return OfferNotUsable(
            "Offers do not hold where payers choose the amount that they send.",
            field="method",
            reason="other_methods",
        )
    return None


def with_discount(
    opened: OpenOffers, payment: Payment, attempt: Attempt, asked: Asked, *, channels: Channels
) -> Attempt | Refusal:
    """A new attempt with what is taken off it, which is held; or why a code does not hold."""
    never = why_not_discounted(payment, attempt.product)
    if never is not None:
        return never if asked.something else attempt
    purchase = purchase_of(payment, attempt.method, attempt.product, asked, channels=channels)
    use = Use(payment_id=payment.id, attempt_id=attempt.id, purchase=purchase, shown_minor=asked.shown_minor)
    discounts = opened.hold(use)
    if isinstance(discounts, Refusal):
        return discounts
    off_minor = sum(discount.amount_minor for discount in discounts)
    return msgspec.structs.replace(
        attempt,
        amount_minor=attempt.amount_minor - off_minor,
        taken_off=TakenOff(codes=asked.codes or (), offers=applied(discounts)),
    )


def why_shown_otherwise(attempt: Attempt, asked: Asked) -> OfferChanged | None:
    """Why somebody is not given an attempt that is live already: what is taken off it is not what they showed, or `None`."""
    return why_changed(attempt.discount_minor, asked.shown_minor, attempt.currency)


def uses_offers(attempts: Iterable[Attempt]) -> bool:
    """Whether attempts of a payment have used offers: those are the payment's, also if nobody else can use them."""
    return any(attempt.taken_off.offers for attempt in attempts)


def applied(discounts: Sequence[Discount]) -> tuple[AppliedOffer, ...]:
    """Discounts as attempts keep them and payers see them."""
    return tuple(
        AppliedOffer(
            offer_id=each.offer.id,
            name=each.offer.name,
            amount_minor=each.amount_minor,
            funder=each.offer.funder,
            code=each.code,
        )
        for each in discounts
    )


async def settle_offers(tx: Transaction, offers: Offers, changes: Iterable[Change], now: datetime) -> None:
    """What was held for attempts that were paid is spent, and free again of those that ended in another way."""
    paid, unpaid = set[str](), set[str]()
    for change in changes:
        attempt = change.attempt
        if not attempt.taken_off.offers:
            continue
        if change.consequence is Consequence.CAPTURED:
            paid.add(attempt.id)
        elif attempt.ended_at == now and change.payment.captured_by != attempt.id:
            unpaid.add(attempt.id)
    await offers.settle(tx, spent=paid, released=unpaid)


async def promotion_going_back(tx: Transaction, offers: Offers, payment: Payment) -> int:
    """What more goes back of what the platform had paid for the payer, now that so much was refunded, or is being refunded.

    Less than nothing: what was refunded has come back, or was not refunded after all.
    """
    if not payment.discount_minor or payment.captured_by is None:
        return 0
    refunded_minor = payment.refunded_minor + payment.refunding_minor
    going = await offers.give_back(
        tx, payment.captured_by, paid_minor=payment.captured_minor, refunded_minor=refunded_minor
    )
    return sum(minor for each, minor in going if each.funder is Funder.PLATFORM)


async def book_promotion_returned(
    tx: Transaction, ledger: Ledger, payment: Payment, cause: JournalEntry, promoted_minor: int
) -> None:
    """The entry. What the merchant's balance is short of, as the books say under their lock, is to be recovered."""
    if not promoted_minor:
        return
    currency = payment.currency
    accounts = [
        postings.merchant_pending(payment.merchant_id, currency),
        postings.promotions(currency),
        postings.recoverable(currency),
    ]
    for opened in await ledger.open_accounts(tx, accounts):
        _require(opened)
    entry = postings.promotion_returned(payment, cause, promoted_minor)
    [receipt] = await ledger.post(tx, [entry])
    missing = receipt.facts.get("missing_minor") if isinstance(receipt, Refusal) else None
    if isinstance(missing, int) and promoted_minor > 0:
        uncovered_minor = min(missing, promoted_minor)
        log.error("promotion_not_covered", payment=payment.id, missing_minor=uncovered_minor)
        entry = postings.promotion_returned(payment, cause, promoted_minor, uncovered_minor=uncovered_minor)
        [receipt] = await ledger.post(tx, [entry])
    _require(receipt)


def _least_minor(method: str, product: Product, currency: str, channels: Channels) -> int:
    """So much can be paid over every channel that payers know as this."""
    known = (channels.capabilities(name) for name in channels.names())
    amounts = (can.amounts.get(currency) for can in known if can.method == method and product in can.products)
    return max((takes.smallest_minor for takes in amounts if takes is not None), default=1)


def _require(result: object) -> None:
    """Money that moved is always booked: a refusal here is a bug, and undoes the transaction."""
    if isinstance(result, Refusal):
        raise RuntimeError(f"the books refuse what has happened: {result.message}") from result
