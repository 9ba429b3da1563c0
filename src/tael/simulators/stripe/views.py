"""How do the account's things look as orders and payouts, by the merchant's numbers?

All intents that carry one number are one order, so that an order that was paid by two of them shows it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from tael.simulators.base import OrderView, PayerView, PayoutView, RefundView
from tael.simulators.stripe.book import Book
from tael.simulators.stripe.forms import minor_of
from tael.simulators.stripe.objects import Charge, PaymentIntent, Payout, Refund, Session
from tael.simulators.stripe.pages import after_payment
from tael.simulators.stripe.store import number_of

_SITUATIONS = {"succeeded": "paid", "requires_capture": "held"}


class Views:
    """The nouns of the control interface."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def orders(self) -> Iterable[OrderView]:
        """Every order: the intents and pages that carry one number."""
        numbers = self._book.numbers(Session, PaymentIntent)
        return [self.view(number) for number in numbers if not self._belongs_to_page(number)]

    def order(self, number: str) -> OrderView | None:
        """One order, by our number or by Stripe's id."""
        thing = self._book.find(PaymentIntent, number) or self._book.find(Session, number)
        found = number_of(thing) if thing is not None else number
        known = any(self._book.numbered(kind, found) for kind in (PaymentIntent, Session))
        return self.view(found) if known else None

    def payouts(self) -> Iterable[PayoutView]:
        """Every payout number: what carries it."""
        return [self.payout(number) for number in self._book.numbers(Payout)]

    def _belongs_to_page(self, number: str) -> bool:
        """An intent without a number of ours that was made by a page is shown as that page's order."""
        intent = self._book.find(PaymentIntent, number)
        return intent is not None and intent.session is not None

    def view(self, number: str) -> OrderView:
        """One order; there must be one."""
        sessions = self._book.numbered(Session, number)
        intents = self._book.numbered(PaymentIntent, number)
        made = (self._book.find(PaymentIntent, session.payment_intent) for session in sessions)
        intents += [intent for intent in made if intent is not None and intent not in intents]
        paid = [intent for intent in intents if self._paid_count(intent)]
        first: PaymentIntent | Session = (paid or intents[-1:] or sessions[-1:])[0]
        units = first.amount if isinstance(first, PaymentIntent) else first.amount_total
        refunds = [refund for intent in intents for refund in self._book.of_intent(Refund, intent.id)]
        open_page = next((session.id for session in sessions if session.status == "open"), "")
        currency = first.currency
        return OrderView(
            order_number=number,
            channel_reference=first.id,
            state=first.status,
            amount_minor=minor_of(units, currency),
            currency=currency.upper(),
            paid_count=sum(self._paid_count(intent) for intent in intents),
            captured_minor=minor_of(sum(intent.amount_received for intent in intents), currency),
            refunded_minor=sum(_refund_view(refund).amount_minor for refund in refunds if _counts(refund)),
            refunds=[_refund_view(refund) for refund in refunds],
            subject=(intents[-1].description if intents else sessions[-1].title) or "",
            page=f"/pay/{open_page or first.id}",
        )

    def _paid_count(self, intent: PaymentIntent) -> int:
        """How often a bank said yes."""
        return sum(charge.paid for charge in self._book.of_intent(Charge, intent.id))

    def payout(self, number: str) -> PayoutView:
        """One payout; there must be one."""
        payouts = self._book.numbered(Payout, number)
        first = payouts[0]
        return PayoutView(
            payout_number=number,
            state=first.status,
            amount_minor=minor_of(first.amount, first.currency),
            currency=first.currency.upper(),
            sent_count=sum(payout.status != "canceled" for payout in payouts),
            payee=first.destination,
        )

    def payer(self, code: str) -> PayerView | None:
        """How it ended, for who looks at a page on which nothing is left to do."""
        thing = self._book.find(Session, code) or self._book.find(PaymentIntent, code)
        if thing is None:
            return None
        intent = (
            thing
            if isinstance(thing, PaymentIntent)
            else self._book.find(PaymentIntent, thing.payment_intent)
        )
        view = self.view(number_of(thing))
        situation = _SITUATIONS.get(intent.status if intent else "", "ended")
        refunded = situation == "paid" and view.refunded_minor >= view.captured_minor
        back = after_payment(thing) if isinstance(thing, Session) else thing.return_url
        return PayerView(
            order_number=view.order_number,
            subject=view.subject,
            amount_minor=view.amount_minor,
            currency=view.currency,
            situation="refunded" if refunded else situation,
            payer="",
            return_url=back,
            refunded_minor=view.refunded_minor,
        )


def _counts(refund: Refund) -> bool:
    return refund.status in ("pending", "succeeded")


def _refund_view(refund: Refund) -> RefundView:
    return RefundView(
        refund_number=refund.metadata.get("refund_number") or refund.id,
        amount_minor=minor_of(refund.amount, refund.currency),
        state=refund.status,
        at=datetime.fromtimestamp(refund.created, UTC),
    )
