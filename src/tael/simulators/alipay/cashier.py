"""What can a payer do? Scan a code, show one, pay, go away; and what does the merchant hear of it?"""

import re
import secrets
from urllib.parse import urlencode

from tael.foundation.clock import Clock
from tael.simulators.alipay.keys import Seal, SimulatorKeys, signing_text
from tael.simulators.alipay.messages import notice_of_refund, notice_of_trade, return_parameters
from tael.simulators.alipay.trades import Refund, Trade, TradeBook, TradeStatus
from tael.simulators.base import PAYING, Fault, Faults, Postman

_SHOWN_CODE = re.compile(r"(?:2[5-9]|30)[0-9]{14,22}")
_LAST_DIGIT = {"at_once": "0", "ask": "1", "poor": "2"}


class Cashier:
    """The payer's verbs, each with the notice that follows."""

    def __init__(
        self,
        *,
        book: TradeBook,
        postman: Postman,
        faults: Faults,
        keys: SimulatorKeys,
        seal: Seal,
        clock: Clock,
    ) -> None:
        self._book = book
        self._postman = postman
        self._faults = faults
        self._keys = keys
        self._seal = seal
        self._clock = clock

    # The code that a payer shows

    def show_code(self, way: str) -> str:
        """A fresh code; its last digit says whether the payer pays `at_once`, is asked (`ask`), or is `poor`."""
        return f"28{secrets.randbelow(10**15):015}{_LAST_DIGIT.get(way, '0')}"

    def is_shown_code(self, code: str) -> bool:
        """Whether it has the form of a code that payers show."""
        return _SHOWN_CODE.fullmatch(code) is not None

    def wants_to_be_asked(self, code: str) -> bool:
        """Whether whoever shows it pays only after a look at the amount."""
        return code.endswith(_LAST_DIGIT["ask"])

    def is_poor(self, code: str) -> bool:
        """Whether there is no money behind it."""
        return code.endswith(_LAST_DIGIT["poor"])

    # What a payer does with an order

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

    def return_url(self, trade: Trade) -> str:
        """Where the page leads back to, with what Alipay adds and signs; empty if the merchant named nothing."""
        if not trade.return_url:
            return ""
        fields = return_parameters(
            trade, app_id=self._keys.app_id, seller_id=self._keys.seller_id, now=self._clock.now()
        )
        fields["sign"] = self._seal.sign(signing_text(fields, "sign", "sign_type").encode())
        return f"{trade.return_url}{'&' if '?' in trade.return_url else '?'}{urlencode(fields)}"

    # What the merchant hears

    def tell_of_refund(self, trade: Trade, refund: Refund) -> None:
        """Post a notice of a refund."""
        fields = notice_of_refund(trade, refund, app_id=self._keys.app_id, seller_id=self._keys.seller_id)
        self._postman.post(
            fields, about=trade.out_trade_no, kind=fields["trade_status"], url=trade.notify_url
        )

    def tell_what_was_missed(self) -> None:
        """After a crash: post the notices that were not written down any more when it happened."""
        for trade in self._book:
            told = {
                notice.content.get("out_biz_no", "") for notice in self._postman.about(trade.out_trade_no)
            }
            if trade.was_paid and "" not in told:
                self._tell_of_payment(trade)
            for refund in trade.refunds:
                if refund.out_request_no not in told:
                    self.tell_of_refund(trade, refund)

    def _tell_of_payment(self, trade: Trade) -> None:
        fields = notice_of_trade(trade, app_id=self._keys.app_id, seller_id=self._keys.seller_id)
        fields["trade_status"] = TradeStatus.TRADE_SUCCESS.value
        self._postman.post(
            fields, about=trade.out_trade_no, kind=fields["trade_status"], url=trade.notify_url
        )
