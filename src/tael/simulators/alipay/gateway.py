"""What does the gateway answer? Parameters in, a signed answer out: HTTP status 200, whatever it says.

It looks in Alipay's order: is the application known, then is the signature right, then the rest. The
signature of an answer covers the text of its node, so the node is encoded once and never touched again.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import msgspec

from tael.simulators.alipay.keys import Seal, SimulatorKeys, signing_text
from tael.simulators.alipay.messages import another_order, one_fen_more
from tael.simulators.alipay.methods import CHARSETS, PAGES, Methods
from tael.simulators.alipay.refusals import CallRefused, TradeRefused
from tael.simulators.base import Answer, Call, Fault, Faults, plain

SUCCESS = {"code": "10000", "msg": "Success"}
_NEEDED = {
    "sign_type": "signature-type",
    "sign": "signature",
    "timestamp": "timestamp",
    "version": "version",
}


class Gateway:
    """Answers the calls of one application."""

    def __init__(self, *, keys: SimulatorKeys, seal: Seal, methods: Methods, faults: Faults) -> None:
        self._keys = keys
        self._seal = seal
        self._methods = methods
        self._faults = faults

    def answer(self, call: Call) -> Answer:
        """The answer to one call: signed JSON, or the way to the cashier's page."""
        parameters = parameters_of(call.query, call.body)
        charset = CHARSETS.get(parameters.get("charset", "").lower(), "utf-8")
        method = parameters.get("method", "")
        content = parameters.get("biz_content", "{}").encode()
        try:
            self._check(parameters, charset=charset)
        except CallRefused as refused:
            known = refused.signed and method in self._methods.table
            node = node_name(method) if known else "error_response"
            body = self._envelope(node, refused.fields, parameters, charset=charset, signed=refused.signed)
            return _answer(body, charset)
        if method in PAGES:
            return self._page(parameters, content)
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
        if parameters.get("app_cert_sn", self._seal.app_sn) != self._seal.app_sn:
            raise CallRefused("isv.app-cert-sn-error")
        if method not in self._methods.table and method not in PAGES:
            raise CallRefused("isv.invalid-method")
        if parameters.get("format", "JSON").upper() != "JSON":
            raise CallRefused("isv.invalid-format")
        if not _looks_like_a_time(parameters["timestamp"]):
            raise CallRefused("isv.invalid-timestamp")

    def _page(self, parameters: Mapping[str, str], content: bytes) -> Answer:
        """What a browser or the wallet's app brings: the way to the cashier's page, or words."""
        order, method = self._methods.number_in(content), parameters["method"]
        try:
            trade = self._methods.open_page(parameters, content)
        except TradeRefused as refused:
            return plain(f"{refused.fields['sub_code']} {refused.fields['sub_msg']}", status=400)
        except msgspec.MsgspecError:
            return plain("isv.invalid-parameter", status=400)
        return Answer(
            status=302,
            content_type="",
            headers={"location": f"/pay/{trade.code}"},
            order=order,
            method=method,
        )

    def _work(self, method: str, parameters: Mapping[str, str], content: bytes, *, charset: str) -> Answer:
        """Do what is asked, with whatever is to go wrong about it."""
        faults, order = self._faults, self._methods.number_in(content)
        fields: dict[str, Any]
        try:
            if faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=order, method=method):
                raise CallRefused("isp.unknow-error")
            fields = SUCCESS | self._methods.table[method](parameters, content)
            if faults.strikes(Fault.SYSTEM_ERROR_AFTER, order=order, method=method):
                raise TradeRefused("ACQ.SYSTEM_ERROR")
            if faults.strikes(Fault.WRONG_AMOUNT, order=order, method=method):
                fields = one_fen_more(fields)
            if faults.strikes(Fault.WRONG_ORDER, order=order, method=method):
                fields = another_order(fields)
        except (TradeRefused, CallRefused) as refused:
            fields = dict(refused.fields)
        except msgspec.MsgspecError:
            fields = dict(CallRefused("isv.invalid-parameter").fields)
        forged = faults.strikes(Fault.WRONG_SIGNATURE, order=order, method=method)
        body = self._envelope(node_name(method), fields, parameters, charset=charset, forged=forged)
        return _answer(body, charset, order=order, method=method)

    def _envelope(
        self,
        node: str,
        fields: Mapping[str, Any],
        parameters: Mapping[str, str],
        *,
        charset: str,
        signed: bool = True,
        forged: bool = False,
    ) -> bytes:
        """`{"…_response":{…},"sign":"…"}`; slashes escaped, as Alipay's encoder does."""
        text = msgspec.json.encode(fields).replace(b"/", b"\\/")
        if charset != "utf-8":
            text = text.decode().encode(charset, "replace")
        if not signed:
            return b'{"' + node.encode() + b'":' + text + b"}"
        sn = b""
        if parameters.get("app_cert_sn"):
            sn = b'"alipay_cert_sn":"' + self._seal.alipay_sn.encode() + b'",'
        signature = self._seal.sign(text + b"!" if forged else text)
        return b'{"' + node.encode() + b'":' + text + b"," + sn + b'"sign":"' + signature.encode() + b'"}'


def parameters_of(query: str, body: bytes) -> dict[str, str]:
    """The parameters of a call, from the query and the form together, in the charset that they name."""
    text = query + "&" + body.decode("latin-1")
    named = parse_qs(text[:10_000]).get("charset", ["utf-8"])[0].lower()
    charset = CHARSETS.get(named, "utf-8")
    return dict(parse_qsl(text, keep_blank_values=True, encoding=charset, errors="replace"))


def node_name(method: str) -> str:
    """`alipay.trade.query` answers in `alipay_trade_query_response`."""
    return method.replace(".", "_") + "_response"


def _answer(body: bytes, charset: str, *, order: str = "", method: str = "") -> Answer:
    return Answer(body=body, content_type=f"text/html;charset={charset}", order=order, method=method)


def _looks_like_a_time(text: str) -> bool:
    return len(text) == 19 and text[4] == text[7] == "-" and text[10] == " " and text[13] == text[16] == ":"
