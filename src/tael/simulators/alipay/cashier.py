"""What can a payer do with a code? Scan it, pay, decline; and what does the merchant hear of it?"""

from tael.simulators.alipay.faults import Fault, Faults
from tael.simulators.alipay.keys import SimulatorKeys
from tael.simulators.alipay.messages import notice_of_refund, notice_of_trade
from tael.simulators.alipay.notices import Postman
from tael.simulators.alipay.trades import Trade, TradeBook, TradeStatus

PAYING = "pay"
"""Stands for "the payer paying" where a fault switch asks for a method."""


class Cashier:
    """The payer's verbs, each with the notice that follows."""

    def __init__(self, *, book: TradeBook, postman: Postman, faults: Faults, keys: SimulatorKeys) -> None:
        self._book = book
        self._postman = postman
        self._faults = faults
        self._keys = keys

    def scan(self, trade: Trade) -> bool:
        """Begin the trade; False if the code is no longer good."""
        late = self._faults.is_on(Fault.LATE_SUCCESS, order=trade.out_trade_no, method=PAYING)
        self._book.scan(trade, late=late)
        return trade.status is not None

    def may_pay(self, trade: Trade) -> bool:
        """Whether paying would succeed now."""
        late = self._faults.is_on(Fault.LATE_SUCCESS, order=trade.out_trade_no, method=PAYING)
        return trade.status is TradeStatus.WAIT_BUYER_PAY or (
            late and trade.status is TradeStatus.TRADE_CLOSED and not trade.was_paid
        )

    def pay(self, trade: Trade) -> bool:
        """Scan if need be, take the payer's money and tell the merchant; False if it cannot be paid."""
        if not self.scan(trade) or not self.may_pay(trade):
            return False
        late = trade.status is TradeStatus.TRADE_CLOSED and self._faults.strikes(
            Fault.LATE_SUCCESS, order=trade.out_trade_no, method=PAYING
        )
        if not self._book.pay(trade, late=late):
            return False
        self._tell_of_payment(trade)
        return True

    def decline(self, trade: Trade) -> bool:
        """Look at it and go away: the trade waits until it expires. False if there is nothing to decline."""
        return self.scan(trade) and trade.status is TradeStatus.WAIT_BUYER_PAY

    def tell_what_was_missed(self) -> None:
        """After a crash: post the notices that were not written down any more when it happened."""
        for trade in self._book:
            notices = self._postman.by_order.get(trade.out_trade_no, [])
            told = {notice.fields.get("out_biz_no", "") for notice in notices}
            if trade.was_paid and "" not in told:
                self._tell_of_payment(trade)
            for refund in trade.refunds:
                if refund.out_request_no not in told:
                    fields = notice_of_refund(
                        trade, refund, app_id=self._keys.app_id, seller_id=self._keys.seller_id
                    )
                    self._postman.post(fields, url=trade.notify_url)

    def _tell_of_payment(self, trade: Trade) -> None:
        fields = notice_of_trade(trade, app_id=self._keys.app_id, seller_id=self._keys.seller_id)
        self._postman.post(fields | {"trade_status": TradeStatus.TRADE_SUCCESS.value}, url=trade.notify_url)
