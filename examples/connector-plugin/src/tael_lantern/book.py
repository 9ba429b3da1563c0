"""What does the played Lantern keep? Orders and refunds, and what each verb does to them. One number, one effect."""

from datetime import datetime, timedelta

import msgspec

from tael.simulators.base import Drawer, OrderView, RefundView, Refused
from tael_lantern.answers import CURRENCY, LARGEST_MINOR


class Refund(msgspec.Struct):
    """Money given back."""

    number: str
    amount: int
    at: datetime


class Order(msgspec.Struct):
    """An order and all that became of it."""

    number: str
    code: str
    amount: int
    subject: str
    notice_url: str
    expires_at: datetime
    state: str = "open"
    paid_count: int = 0
    paid_at: datetime | None = None
    refunds: list[Refund] = []

    @property
    def given_back(self) -> int:
        """In fen."""
        return sum(refund.amount for refund in self.refunds)

    def view(self) -> OrderView:
        """As the control interface shows it."""
        return OrderView(
            order_number=self.number,
            channel_reference=self.code,
            state=self.state,
            amount_minor=self.amount,
            currency=CURRENCY,
            paid_count=self.paid_count,
            captured_minor=self.amount * self.paid_count,
            refunded_minor=self.given_back,
            refunds=[
                RefundView(refund_number=one.number, amount_minor=one.amount, at=one.at)
                for one in self.refunds
            ],
            subject=self.subject,
        )


class Fault(Exception):
    """Lantern says no; the text is its code."""


class Book:
    """All orders. Each change is kept before anybody is answered."""

    def __init__(self, drawer: Drawer[Order]) -> None:
        self._drawer = drawer

    def all(self) -> list[Order]:
        """Oldest first."""
        return list(self._drawer.things.values())

    def find(self, number: str) -> Order:
        """An order by its number; raises `Fault`."""
        order = self._drawer.things.get(number)
        if order is None:
            raise Fault("order_unknown")
        return order

    def open(self, wanted: Order) -> Order:
        """Begin an order; the same one again gives the same code."""
        known = self._drawer.things.get(wanted.number)
        if known is None:
            if not 0 < wanted.amount <= LARGEST_MINOR:
                raise Fault("amount_not_allowed")
            self._drawer.keep(wanted.number, wanted)
            return wanted
        if known.amount != wanted.amount:
            raise Fault("order_differs")
        return known

    def close(self, number: str) -> Order:
        """End an order that nobody has paid."""
        order = self.find(number)
        if order.paid_count:
            raise Fault("order_paid")
        order.state = "closed"
        self._drawer.keep(number, order)
        return order

    def give_back(self, number: str, refund: Refund) -> Refund:
        """Give money back; the same refund again changes nothing."""
        order = self.find(number)
        for known in order.refunds:
            if known.number == refund.number:
                if known.amount != refund.amount:
                    raise Fault("refund_differs")
                return known
        if not order.paid_count:
            raise Fault("order_not_paid")
        if not 0 < refund.amount <= order.amount - order.given_back:
            raise Fault("refund_too_large")
        order.refunds = [*order.refunds, refund]
        self._drawer.keep(number, order)
        return refund

    def pay(self, order: Order, *, now: datetime, however_late: bool) -> bool:
        """The payer pays; false if they have already. Raises `Refused` if they cannot any more."""
        if order.paid_count:
            return False
        if not however_late and (order.state != "open" or now > order.expires_at):
            raise Refused(409, "The order has ended.")
        order.state, order.paid_count, order.paid_at = "paid", 1, now
        self._drawer.keep(order.number, order)
        return True

    def end_what_is_over(self, now: datetime) -> None:
        """Close what nobody paid in time."""
        for order in self.all():
            if order.state == "open" and now > order.expires_at:
                order.state = "closed"
                self._drawer.keep(order.number, order)

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        for order in self.all():
            order.expires_at -= by
            order.paid_at = order.paid_at and order.paid_at - by
            self._drawer.keep(order.number, order)
