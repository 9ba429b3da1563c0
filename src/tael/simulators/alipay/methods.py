"""What does each method of the gateway do, and what does it answer? Parameters and content in, fields out."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tael.simulators.alipay.bills import BillDesk
from tael.simulators.alipay.cashier import Cashier
from tael.simulators.alipay.contents import (
    AboutTrade,
    BillAsked,
    NewTrade,
    NewTransfer,
    Numbers,
    Settlement,
    amount_of,
)
from tael.simulators.alipay.messages import (
    asking_answer,
    inquiry_answer,
    paid_answer,
    refund_answer,
    refund_inquiry_answer,
    split_answer,
    transfer_answer,
    transfer_inquiry_answer,
)
from tael.simulators.alipay.refusals import CallRefused, TradeRefused
from tael.simulators.alipay.trades import BARCODE, Trade, TradeBook
from tael.simulators.alipay.transfers import TransferBook
from tael.simulators.base import Fault, Faults

CHARSETS = {"utf-8": "utf-8", "gbk": "gbk", "gb2312": "gbk"}
PAGES = ("alipay.trade.page.pay", "alipay.trade.wap.pay", "alipay.trade.app.pay")
"""Methods that a payer's browser or app brings to us, not the merchant."""
PRODUCT_CODES = {
    "alipay.trade.page.pay": ("FAST_INSTANT_TRADE_PAY",),
    "alipay.trade.wap.pay": ("QUICK_WAP_PAY", "QUICK_WAP_WAY"),
    "alipay.trade.app.pay": ("QUICK_MSECURITY_PAY",),
}
Parameters = Mapping[str, str]
_NEW_TRADE = msgspec.json.Decoder(NewTrade)
_NUMBERS = msgspec.json.Decoder(Numbers)
_ABOUT = msgspec.json.Decoder(AboutTrade)
_SETTLEMENT = msgspec.json.Decoder(Settlement)
_TRANSFER = msgspec.json.Decoder(NewTransfer)
_BILL = msgspec.json.Decoder(BillAsked)


class Methods:
    """The verbs of the gateway, by name."""

    def __init__(
        self,
        *,
        book: TradeBook,
        transfers: TransferBook,
        cashier: Cashier,
        bills: BillDesk,
        faults: Faults,
        seller_id: str,
        url: str,
    ) -> None:
        self._book = book
        self._transfers = transfers
        self._cashier = cashier
        self._bills = bills
        self._faults = faults
        self._seller_id = seller_id
        self._url = url
        self.table: dict[str, Callable[[Parameters, bytes], dict[str, Any]]] = {
            "alipay.trade.precreate": self._precreate,
            BARCODE: self._pay,
            "alipay.trade.create": self._create,
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.cancel": self._cancel,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._refund_query,
            "alipay.trade.order.settle": self._settle,
            "alipay.trade.order.settle.query": self._settle_query,
            "alipay.fund.trans.uni.transfer": self._transfer,
            "alipay.fund.trans.common.query": self._transfer_query,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill,
        }

    def open_page(self, parameters: Parameters, content: bytes) -> Trade:
        """What a browser or app brings: the order, made now if it is new."""
        asked = _NEW_TRADE.decode(content)
        if asked.product_code not in PRODUCT_CODES[parameters["method"]]:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        return self._begin(asked, parameters)

    def number_in(self, content: bytes) -> str:
        """The merchant's number of what a call is about, for fault switches."""
        try:
            numbers = _NUMBERS.decode(content)
        except msgspec.MsgspecError:
            return ""
        if numbers.out_trade_no or not numbers.trade_no:
            return numbers.out_trade_no or numbers.out_biz_no
        trade = self._book.of_number(numbers.trade_no)
        return trade.out_trade_no if trade is not None else ""

    def _begin(self, asked: NewTrade, parameters: Parameters) -> Trade:
        return self._book.begin(
            asked,
            method=parameters["method"],
            notify_url=parameters.get("notify_url", ""),
            return_url=parameters.get("return_url", ""),
            charset=CHARSETS[parameters["charset"].lower()],
        )

    def _precreate(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        trade = self._begin(_NEW_TRADE.decode(content), parameters)
        return {"out_trade_no": trade.out_trade_no, "qr_code": f"{self._url}/pay/{trade.code}"}

    def _pay(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        """The code that a payer shows says in its last digit how they are minded."""
        asked = _NEW_TRADE.decode(content)
        if asked.scene not in ("bar_code", "wave_code") or not self._cashier.is_shown_code(asked.auth_code):
            raise TradeRefused("ACQ.PAYMENT_AUTH_CODE_INVALID")
        if self._cashier.is_poor(asked.auth_code):
            raise TradeRefused("ACQ.BUYER_BALANCE_NOT_ENOUGH")
        trade = self._begin(asked, parameters)
        if not self._cashier.wants_to_be_asked(asked.auth_code) and self._cashier.pay(trade):
            return paid_answer(trade)
        self._cashier.scan(trade)
        return asking_answer(trade)

    def _create(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        asked = _NEW_TRADE.decode(content)
        if not asked.buyer_id and not asked.buyer_open_id:
            raise TradeRefused("ACQ.BUYER_NOT_EXIST")
        trade = self._begin(asked, parameters)
        self._cashier.scan(trade)
        return {"out_trade_no": trade.out_trade_no, "trade_no": trade.trade_no or ""}

    def _query(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        return inquiry_answer(self._find(_ABOUT.decode(content)))

    def _close(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        trade = self._find(_ABOUT.decode(content))
        self._book.close(trade)
        return {"out_trade_no": trade.out_trade_no, "trade_no": trade.trade_no or ""}

    def _cancel(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        """Without a trade the cancellation succeeds and does nothing: the code can still be scanned."""
        asked = _ABOUT.decode(content)
        try:
            trade = self._find(asked)
        except TradeRefused:
            return {"out_trade_no": asked.out_trade_no, "retry_flag": "N"}
        return {
            "action": self._book.cancel(trade),
            "out_trade_no": trade.out_trade_no,
            "retry_flag": "N",
            "trade_no": trade.trade_no or "",
        }

    def _refund(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        asked = _ABOUT.decode(content)
        trade = self._find(asked)
        amount_minor = amount_of(asked.refund_amount)
        number = asked.out_request_no
        if not number and amount_minor != trade.total_minor:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        number = number or trade.out_trade_no
        if self._faults.strikes(
            Fault.BALANCE_NOT_ENOUGH, order=trade.out_trade_no, method=parameters["method"]
        ):
            raise TradeRefused("ACQ.SELLER_BALANCE_NOT_ENOUGH")
        moved = self._book.refund(
            trade, out_request_no=number, amount_minor=amount_minor, reason=asked.refund_reason
        )
        refund = next(refund for refund in trade.refunds if refund.out_request_no == number)
        if moved:
            self._cashier.tell_of_refund(trade, refund)
        return refund_answer(trade, refund, moved=moved)

    def _refund_query(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        asked = _ABOUT.decode(content)
        trade = self._find(asked)
        for refund in trade.refunds:
            if refund.out_request_no == asked.out_request_no:
                return refund_inquiry_answer(trade, refund)
        return {}

    def _settle(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        asked = _SETTLEMENT.decode(content)
        trade = self._book.find("", asked.trade_no)
        split = self._book.split(
            trade, out_request_no=asked.out_request_no, royalties=asked.royalty_parameters
        )
        return {"trade_no": asked.trade_no, "settle_no": split.settle_no}

    def _settle_query(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        asked = _SETTLEMENT.decode(content)
        splits = (
            [split for trade in self._book for split in trade.splits if split.settle_no == asked.settle_no]
            if asked.settle_no
            else [
                split
                for split in self._book.find("", asked.trade_no).splits
                if split.out_request_no == asked.out_request_no
            ]
        )
        if not splits:
            raise TradeRefused("ACQ.TRADE_SETTLE_NOT_EXIST")
        return split_answer(splits[0], seller_id=self._seller_id)

    def _transfer(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        if not parameters.get("app_cert_sn"):
            raise CallRefused("isv.insufficient-isv-permissions")
        asked = _TRANSFER.decode(content)
        if (asked.product_code, asked.biz_scene) != ("TRANS_ACCOUNT_NO_PWD", "DIRECT_TRANSFER"):
            raise TradeRefused("INVALID_PARAMETER")
        if self._faults.strikes(
            Fault.BALANCE_NOT_ENOUGH, order=asked.out_biz_no, method=parameters["method"]
        ):
            raise TradeRefused("BALANCE_IS_NOT_ENOUGH")
        return transfer_answer(self._transfers.send(asked))

    def _transfer_query(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        return transfer_inquiry_answer(self._transfers.find(_TRANSFER.decode(content)))

    def _bill(self, parameters: Parameters, content: bytes) -> dict[str, Any]:
        asked = _BILL.decode(content)
        return {"bill_download_url": self._bills.offer(asked.bill_type, asked.bill_date)}

    def _find(self, asked: AboutTrade) -> Trade:
        return self._book.find(asked.out_trade_no, asked.trade_no)
