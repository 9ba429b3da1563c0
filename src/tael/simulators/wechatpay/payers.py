"""What can payers do with an order, and what is the merchant told of it?"""

from collections.abc import Iterable

from tael.simulators.base import PAYING, Choice, Fault, Faults, PayerView, Postman, Refused
from tael.simulators.wechatpay import messages
from tael.simulators.wechatpay.notices import PAID, TRANSFERRED
from tael.simulators.wechatpay.nouns import Order, Refund, TradeState, Transfer
from tael.simulators.wechatpay.orders import OrderBook

CHOICES = (Choice(act="pay", words="pay", primary=True), Choice(act="decline", words="decline"))


class Payers:
    """The payer's verbs, each with the notice that follows."""

    def __init__(self, book: OrderBook, *, postman: Postman, faults: Faults) -> None:
        self._book = book
        self._postman = postman
        self._faults = faults

    def scan(self, order: Order) -> None:
        """Look at it; refused if it is over."""
        if not self.may_pay(order):
            raise Refused(409, f"The order is {order.state}.")

    def may_pay(self, order: Order) -> bool:
        """Whether paying would succeed now."""
        late = self._faults.is_on(Fault.LATE_SUCCESS, order=order.out_trade_no, method=PAYING)
        return self._book.may_pay(order, late=late)

    def pay(self, order: Order) -> None:
        """Take the payer's money and tell the merchant."""
        if not self.may_pay(order):
            raise Refused(409, f"The order is {order.state}.")
        if not self._book.may_pay(order):
            self._faults.strikes(Fault.LATE_SUCCESS, order=order.out_trade_no, method=PAYING)
        self._book.pay(order)
        self.tell_of_payment(order)

    def decline(self, order: Order) -> None:
        """Look at it and go away."""
        self.scan(order)
        self._book.decline(order)

    def tell_of_payment(self, order: Order) -> None:
        """Post the notice of a payment. Codes that the payer showed are not told of: the answer did."""
        self._postman.post(
            messages.transaction(order), about=order.out_trade_no, kind=PAID, url=order.notify_url
        )

    def tell_of_refund(self, order: Order, refund: Refund) -> None:
        """Post the notice of a refund."""
        self._postman.post(
            messages.refund_notice(order, refund),
            about=order.out_trade_no,
            kind=f"REFUND.{refund.status}",
            url=refund.notify_url,
        )

    def tell_of_transfer(self, transfer: Transfer) -> None:
        """Post the notice of a transfer's end."""
        self._postman.post(
            messages.transfer_notice(transfer),
            about=transfer.out_bill_no,
            kind=TRANSFERRED,
            url=transfer.notify_url,
        )

    def tell_what_was_missed(self, orders: Iterable[Order], transfers: Iterable[Transfer]) -> None:
        """After a crash: post the notices that were not written down any more when it happened."""
        for order in orders:
            notices = self._postman.about(order.out_trade_no)
            told = {notice.content.get("out_refund_no", "") for notice in notices}
            if order.payments and "" not in told:
                self.tell_of_payment(order)
            for refund in order.refunds:
                if refund.out_refund_no not in told:
                    self.tell_of_refund(order, refund)
        for transfer in transfers:
            if transfer.state != "WAIT_USER_CONFIRM" and not self._postman.about(transfer.out_bill_no):
                self.tell_of_transfer(transfer)

    def view(self, order: Order) -> PayerView:
        """What the payer sees."""
        waits = self.may_pay(order)
        return PayerView(
            order_number=order.out_trade_no,
            subject=order.description,
            amount_minor=order.total_minor,
            currency="CNY",
            situation=_situation(order, waits=waits),
            payer="oUpF****Wes6o" if order.openid else "",
            valid_until=min(order.expires_at, order.code_expires_at) if waits else None,
            choices=CHOICES if waits else (),
            return_url=order.return_url,
            refunded_minor=order.refunded_minor,
        )


def _situation(order: Order, *, waits: bool) -> str:
    if waits:
        return "waiting"
    if order.refunded_minor:
        return "refunded"
    return "paid" if order.payments and order.state is not TradeState.REVOKED else "ended"
