"""What does the gateway answer? Parameters in, a signed answer out: HTTP status 200, whatever it says.

It looks in Alipay's order: is the application known, then is the signature right, then the rest. The
signature of an answer covers the text of its node, so the node is encoded once and never touched again.
"""

from collections.abc import Callable, Mapping

import msgspec

from tael.simulators.alipay.faults import Fault, Faults
from tael.simulators.alipay.keys import Seal, SimulatorKeys, signing_text
from tael.simulators.alipay.messages import (
    inquiry_answer,
    notice_of_refund,
    one_fen_more,
    refund_answer,
    refund_inquiry_answer,
)
from tael.simulators.alipay.notices import Postman
from tael.simulators.alipay.refusals import CallRefused, TradeRefused
from tael.simulators.alipay.trades import NO_AMOUNT, Precreation, Trade, TradeBook, amount_of

SUCCESS = {"code": "10000", "msg": "Success"}
CHARSETS = {"utf-8": "utf-8", "gbk": "gbk", "gb2312": "gbk"}


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the methods about a trade that may exist already."""

    out_trade_no: str = ""
    trade_no: str = ""
    out_request_no: str = ""
    refund_amount: msgspec.Raw = NO_AMOUNT
    refund_reason: str = ""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back, when, and whether at all."""

    body: bytes
    charset: str
    delay_seconds: float = 0.0
    lost: bool = False


class Gateway:
    """Answers the calls of one application."""

    def __init__(
        self,
        *,
        keys: SimulatorKeys,
        seal: Seal,
        book: TradeBook,
        postman: Postman,
        faults: Faults,
        url_of_code: Callable[[str], str],
    ) -> None:
        self._keys = keys
        self._seal = seal
        self._book = book
        self._postman = postman
        self._faults = faults
        self._url_of_code = url_of_code
        self._methods: dict[str, Callable[[Mapping[str, str], bytes], dict[str, str]]] = {
            "alipay.trade.precreate": self._precreate,
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.cancel": self._cancel,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._refund_query,
        }

    def answer(self, parameters: dict[str, str]) -> Reply:
        """The reply to one call."""
        charset = CHARSETS.get(parameters.get("charset", "").lower(), "utf-8")
        method = parameters.get("method", "")
        try:
            self._check(parameters, charset=charset)
        except CallRefused as refused:
            known = refused.signed and method in self._methods
            node = node_name(method) if known else "error_response"
            return Reply(
                body=self._envelope(node, refused.fields, charset=charset, signed=refused.signed),
                charset=charset,
            )
        content = parameters.get("biz_content", "{}").encode()
        return self._work(method, parameters, content, charset=charset)

    def _check(self, parameters: Mapping[str, str], *, charset: str) -> None:
        """Raise `CallRefused` for the first thing that is wrong with the common parameters."""
        method = parameters.get("method")
        if not method:
            raise CallRefused("isv.missing-method", signed=False)
        if not parameters.get("app_id"):
            raise CallRefused("isv.missing-app-id", signed=False)
        if parameters["app_id"] != self._keys.app_id:
            raise CallRefused("isv.invalid-app-id", signed=False)
        for name, word in _NEEDED.items():
            if not parameters.get(name):
                raise CallRefused(f"isv.missing-{word}")
        if parameters["sign_type"] != "RSA2":
            raise CallRefused("isv.invalid-signature-type")
        if parameters.get("charset", "").lower() not in CHARSETS:
            raise CallRefused("isv.invalid-charset")
        text = signing_text(dict(parameters), "sign").encode(charset, "replace")
        if not self._seal.signed_by_app(text, parameters["sign"]):
            raise CallRefused("isv.invalid-signature")
        if method not in self._methods:
            raise CallRefused("isv.invalid-method")
        if parameters.get("format", "JSON").upper() != "JSON":
            raise CallRefused("isv.invalid-format")
        if not _looks_like_a_time(parameters["timestamp"]):
            raise CallRefused("isv.invalid-timestamp")

    def _work(self, method: str, parameters: Mapping[str, str], content: bytes, *, charset: str) -> Reply:
        """Do what is asked, with whatever is to go wrong about it."""
        faults, order = self._faults, _order_in(content)
        fields: dict[str, str]
        try:
            if faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=order, method=method):
                raise CallRefused("isp.unknow-error")
            fields = SUCCESS | self._methods[method](parameters, content)
            if faults.strikes(Fault.SYSTEM_ERROR_AFTER, order=order, method=method):
                raise TradeRefused("ACQ.SYSTEM_ERROR")
            if faults.strikes(Fault.WRONG_AMOUNT, order=order, method=method):
                fields = one_fen_more(fields)
        except (TradeRefused, CallRefused) as refused:
            fields = refused.fields
        except msgspec.MsgspecError:
            fields = CallRefused("isv.invalid-parameter").fields
        forged = faults.strikes(Fault.WRONG_SIGNATURE, order=order, method=method)
        return Reply(
            body=self._envelope(node_name(method), fields, charset=charset, forged=forged),
            charset=charset,
            delay_seconds=faults.delay_seconds(order=order, method=method),
            lost=faults.strikes(Fault.LOST_REPLY, order=order, method=method),
        )

    def _envelope(
        self, node: str, fields: dict[str, str], *, charset: str, signed: bool = True, forged: bool = False
    ) -> bytes:
        """`{"…_response":{…},"sign":"…"}`; slashes escaped, as Alipay's encoder does."""
        text = msgspec.json.encode(fields).replace(b"/", b"\\/")
        if charset != "utf-8":
            text = text.decode().encode(charset, "replace")
        if not signed:
            return b'{"' + node.encode() + b'":' + text + b"}"
        signature = self._seal.sign(text + b"!" if forged else text)
        return b'{"' + node.encode() + b'":' + text + b',"sign":"' + signature.encode() + b'"}'

    def _precreate(self, parameters: Mapping[str, str], content: bytes) -> dict[str, str]:
        asked = _PRECREATION.decode(content)
        trade = self._book.precreate(
            asked,
            notify_url=parameters.get("notify_url", ""),
            charset=CHARSETS[parameters["charset"].lower()],
        )
        return {"out_trade_no": trade.out_trade_no, "qr_code": self._url_of_code(trade.code)}

    def _query(self, parameters: Mapping[str, str], content: bytes) -> dict[str, str]:
        return inquiry_answer(self._find(_CONTENT.decode(content)))

    def _close(self, parameters: Mapping[str, str], content: bytes) -> dict[str, str]:
        trade = self._find(_CONTENT.decode(content))
        self._book.close(trade)
        return {"out_trade_no": trade.out_trade_no, "trade_no": trade.trade_no or ""}

    def _cancel(self, parameters: Mapping[str, str], content: bytes) -> dict[str, str]:
        """Without a trade the cancellation succeeds and does nothing: the code can still be scanned."""
        asked = _CONTENT.decode(content)
        try:
            trade = self._find(asked)
        except TradeRefused:
            return {"out_trade_no": asked.out_trade_no, "retry_flag": "N"}
        action = self._book.cancel(trade)
        return {
            "action": action,
            "out_trade_no": trade.out_trade_no,
            "retry_flag": "N",
            "trade_no": trade.trade_no or "",
        }

    def _refund(self, parameters: Mapping[str, str], content: bytes) -> dict[str, str]:
        asked = _CONTENT.decode(content)
        trade = self._find(asked)
        amount_minor = amount_of(asked.refund_amount)
        number = asked.out_request_no
        if not number and amount_minor != trade.total_minor:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        number = number or trade.out_trade_no
        if self._faults.strikes(
            Fault.SELLER_BALANCE_NOT_ENOUGH, order=trade.out_trade_no, method="alipay.trade.refund"
        ):
            raise TradeRefused("ACQ.SELLER_BALANCE_NOT_ENOUGH")
        moved = self._book.refund(
            trade, out_request_no=number, amount_minor=amount_minor, reason=asked.refund_reason
        )
        refund = next(refund for refund in trade.refunds if refund.out_request_no == number)
        if moved:
            fields = notice_of_refund(trade, refund, app_id=self._keys.app_id, seller_id=self._keys.seller_id)
            self._postman.post(fields, url=trade.notify_url)
        return refund_answer(trade, refund, moved=moved)

    def _refund_query(self, parameters: Mapping[str, str], content: bytes) -> dict[str, str]:
        asked = _CONTENT.decode(content)
        trade = self._find(asked)
        for refund in trade.refunds:
            if refund.out_request_no == asked.out_request_no:
                return refund_inquiry_answer(trade, refund)
        return {}

    def _find(self, asked: Content) -> Trade:
        if not asked.out_trade_no and not asked.trade_no:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        return self._book.find(asked.out_trade_no, asked.trade_no)


_NEEDED = {
    "sign_type": "signature-type",
    "sign": "signature",
    "timestamp": "timestamp",
    "version": "version",
}
_PRECREATION = msgspec.json.Decoder(Precreation)
_CONTENT = msgspec.json.Decoder(Content)


def node_name(method: str) -> str:
    """`alipay.trade.query` answers in `alipay_trade_query_response`."""
    return method.replace(".", "_") + "_response"


def _order_in(content: bytes) -> str:
    try:
        return _CONTENT.decode(content).out_trade_no
    except msgspec.MsgspecError:
        return ""


def _looks_like_a_time(text: str) -> bool:
    return len(text) == 19 and text[4] == text[7] == "-" and text[10] == " " and text[13] == text[16] == ":"
