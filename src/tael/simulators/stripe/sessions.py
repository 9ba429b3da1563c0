"""What is a Checkout Session? A page of Stripe's on which one order is paid, until it expires."""

from typing import Any

from tael.simulators.base import PAYING, Fault, Faults
from tael.simulators.stripe.book import Book
from tael.simulators.stripe.cards import Card
from tael.simulators.stripe.forms import LARGEST_UNITS, Fields
from tael.simulators.stripe.holds import wishes_of
from tael.simulators.stripe.intents import Intents
from tael.simulators.stripe.objects import PaymentIntent, Session
from tael.simulators.stripe.refusals import ApiError, needed
from tael.simulators.stripe.store import number_of

SHORTEST_SECONDS, LONGEST_SECONDS = 30 * 60, 24 * 3600
_CREATE = (
    "mode client_reference_id payment_method_types line_items success_url cancel_url expires_at metadata"
    " payment_intent_data payment_method_options customer customer_email locale ui_mode"
).split()
_PAID = ("succeeded", "requires_capture")


class Sessions:
    """The verbs of Checkout Sessions."""

    def __init__(self, book: Book, intents: Intents, faults: Faults, *, url: str) -> None:
        self._book = book
        self._intents = intents
        self._faults = faults
        self._url = url

    def create(self, fields: Fields) -> Session:
        """Make a page."""
        fields.only(*_CREATE)
        if fields.needed("mode") != "payment":
            raise ApiError(400, "The simulator knows only the mode payment.", param="mode")
        currency, total, title = self._cart(fields)
        fields.needed("success_url")
        now = self._book.seconds()
        expires_at = fields.integer("expires_at", now + LONGEST_SECONDS) or 0
        if not now + SHORTEST_SECONDS <= expires_at <= now + LONGEST_SECONDS:
            message = "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from now."
            raise ApiError(400, message, param="expires_at")
        below = fields.below("payment_intent_data")
        below.only(
            "capture_method", "metadata", "description", "statement_descriptor_suffix", "receipt_email"
        )
        id = self._book.new_id(Session)
        session = Session(
            id=id,
            created=now,
            metadata=fields.metadata(),
            amount_subtotal=total,
            amount_total=total,
            currency=currency,
            cancel_url=fields.text("cancel_url") or None,
            client_reference_id=fields.text("client_reference_id") or None,
            customer=fields.text("customer") or None,
            expires_at=expires_at,
            success_url=fields.text("success_url"),
            url=f"{self._url}/pay/{id}",
            title=title,
            intent_data={
                "capture_method": below.text("capture_method", "automatic"),
                "metadata": below.metadata(),
                "description": below.text("description"),
                "statement_descriptor_suffix": below.text("statement_descriptor_suffix"),
                "payment_method_options": wishes_of(fields),
            },
        )
        return self._book.keep(session)

    def _cart(self, fields: Fields) -> tuple[str, int, str]:
        """Currency, total and name of what is bought."""
        items = fields.items("line_items")
        if not items:
            raise needed("line_items")
        currency, total, titles = "", 0, []
        for item in items:
            item.only("price_data", "quantity")
            price = item.below("price_data")
            price.only("currency", "unit_amount", "product_data")
            named = price.currency()
            if currency not in ("", named):
                raise ApiError(400, "All prices must be in the same currency.", param="line_items")
            currency = named
            total += price.amount("unit_amount", currency) * (item.integer("quantity", 1) or 0)
            titles.append(price.below("product_data").needed("name"))
        if not 0 < total <= LARGEST_UNITS:
            raise ApiError(400, "The total is out of range.", code="amount_too_large", param="line_items")
        return currency, total, ", ".join(titles)

    def expire(self, session: Session) -> Session:
        """End the page, so that nobody can pay on it any more."""
        self.let_time_pass()
        if session.status != "open":
            message = (
                f'Only Checkout Sessions with a status in ["open"] can be expired. It is {session.status}.'
            )
            raise ApiError(400, message, remembered=True)
        self._end(session)
        return session

    def may_be_paid(self, session: Session) -> bool:
        """Whether somebody could pay on the page now."""
        self.let_time_pass()
        late = session.status == "expired" and self._faults.is_on(
            Fault.LATE_SUCCESS, order=number_of(session), method=PAYING
        )
        return session.status == "open" or late

    def pay(self, session: Session, card: Card) -> PaymentIntent | None:
        """The payer has typed in a card; None if the page is over. The intent says how it went."""
        if not self.may_be_paid(session):
            return None
        if session.status == "expired":
            self._faults.strikes(Fault.LATE_SUCCESS, order=number_of(session), method=PAYING)
        intent = self._book.find(PaymentIntent, session.payment_intent)
        if intent is None or intent.status == "canceled":
            intent = self._begin(session)
        intent = self._intents.pay_with(intent, card)
        self.complete(intent)
        return intent

    def _begin(self, session: Session) -> PaymentIntent:
        data: dict[str, Any] = session.intent_data
        tree = {
            "amount": str(session.amount_total),
            "currency": session.currency,
            "capture_method": data["capture_method"],
            "metadata": data["metadata"],
            "description": data["description"],
            "statement_descriptor_suffix": data.get("statement_descriptor_suffix", ""),
            "payment_method_options": data.get("payment_method_options", {}),
            "return_url": session.success_url or "",
        }
        intent = self._intents.create(Fields(tree))
        intent.session, session.payment_intent = session.id, intent.id
        self._book.keep(intent)
        self._book.keep(session)
        return intent

    def complete(self, intent: PaymentIntent) -> None:
        """What the intent's success means for its page."""
        session = self._book.find(Session, intent.session)
        if session is None or intent.status not in _PAID or session.status == "complete":
            return
        session.status, session.url = "complete", None
        session.payment_status = "paid" if intent.status == "succeeded" else "unpaid"
        self._book.keep(session)
        self._book.emit("checkout.session.completed", session, about=number_of(session))

    def let_time_pass(self) -> None:
        """Pages end by themselves."""
        now = self._book.seconds()
        for session in self._book.all(Session):
            if session.status == "open" and session.expires_at <= now:
                self._end(session)

    def _end(self, session: Session) -> None:
        session.status, session.url = "expired", None
        intent = self._book.find(PaymentIntent, session.payment_intent)
        if intent is not None and intent.status not in (*_PAID, "canceled"):
            self._intents.end(intent, "automatic")
        self._book.keep(session)
        self._book.emit("checkout.session.expired", session, about=number_of(session))
