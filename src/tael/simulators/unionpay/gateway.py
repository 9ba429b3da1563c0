"""What does UnionPay answer? A signed list of fields, whatever was asked; refusals are signed, too."""

from collections.abc import Callable
from datetime import datetime

from tael.foundation.clock import CHINA, Clock
from tael.simulators.base import Answer, Call, Fault, Faults, plain
from tael.simulators.unionpay.book import PAYMENT, PAYOUT, Book, Declined, Transaction, number_of
from tael.simulators.unionpay.clearing import write_file
from tael.simulators.unionpay.keys import MERCHANT
from tael.simulators.unionpay.messages import Seal, read_form, write_answer

FRONT = "/gateway/api/frontTransReq.do"
APP = "/gateway/api/appTransReq.do"
BACK = "/gateway/api/backTransReq.do"
QUERY = "/gateway/api/queryTrans.do"
FILES = "/file/"
METHODS = ("frontTransReq", "appTransReq", "backTransReq", "queryTrans", "fileTransfer")

_WRONG = (Fault.WRONG_SIGNATURE, Fault.WRONG_AMOUNT, Fault.WRONG_MERCHANT, Fault.WRONG_ORDER)
_ECHOED = ("version", "encoding", "signMethod", "txnType", "txnSubType", "bizType", "accessType", "merId")
_ECHOED_TOO = ("orderId", "txnTime", "reqReserved", "origQryId", "settleDate", "fileType")
_NEEDED = ("version", "txnType", "txnSubType", "bizType", "merId", "txnTime", "certId", "signature")
Told = Callable[[Transaction], None]


class Gateway:
    """Answers what merchants send."""

    def __init__(self, *, seal: Seal, book: Book, faults: Faults, clock: Clock, url: str, tell: Told) -> None:
        self._seal = seal
        self._book = book
        self._faults = faults
        self._clock = clock
        self._url = url
        self._tell = tell
        """Hears of every refund that was done, and of every payout of which something became."""

    def answer(self, call: Call) -> Answer | None:
        """The answer; None if the address is not the gateway's."""
        if call.path not in (FRONT, APP, BACK, QUERY, FILES):
            return None
        method = "fileTransfer" if call.path == FILES else call.path.rpartition("/")[2].partition(".")[0]
        if call.method != "POST":
            return plain("Invalid request.", status=400)
        sent = read_form(call.body)
        number = number_of(sent.get("orderId", ""))
        if call.path == FRONT:
            return self._open_page(sent, number, method)
        content = self._carry_out(call.path, sent, number, method)
        wrong = self._faults.striking(_WRONG, order=number, method=method)
        body = write_answer(self._seal.seal(content, wrong=wrong))
        return Answer(body=body, content_type="text/html;charset=UTF-8", order=number, method=method)

    def _open_page(self, sent: dict[str, str], number: str, method: str) -> Answer:
        """The payer's browser comes with a form; it goes on to our page."""
        try:
            self._check(sent)
            if (sent["txnType"], sent["txnSubType"]) != (PAYMENT, "01"):
                raise Declined("10", "报文格式错误")
            payment = self._book.begin_once(_content(sent))
        except Declined as declined:
            return plain(f"{declined.words}[{declined.code}]", status=400)
        location = f"{self._url}/pay/{payment.handle}"
        return Answer(
            status=303, content_type="", headers={"location": location}, order=number, method=method
        )

    def _carry_out(self, path: str, sent: dict[str, str], number: str, method: str) -> dict[str, str]:
        echo = {name: sent[name] for name in (*_ECHOED, *_ECHOED_TOO) if name in sent}
        faults = self._faults
        if faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=number, method=method):
            return echo | _result("03", "交易通讯超时，请发起查询交易")
        try:
            self._check(sent)
            content = self._do(path, sent, number, method)
        except Declined as declined:
            return echo | _result(declined.code, declined.words)
        if faults.strikes(Fault.SYSTEM_ERROR_AFTER, order=number, method=method):
            return echo | _result("03", "交易通讯超时，请发起查询交易")
        return echo | _result("00", "成功") | content

    def _check(self, sent: dict[str, str]) -> None:
        if any(not sent.get(name) for name in _NEEDED):
            raise Declined("13", "报文交易要素缺失")
        if sent["version"] != "5.1.0" or sent.get("signMethod") != "01":
            raise Declined("10", "报文格式错误")
        if sent["merId"] != MERCHANT:
            raise Declined("31", "商户状态不正确")
        if sent["certId"] != self._seal.merchant_certificate or not self._seal.merchant_signed(sent):
            raise Declined("11", "验证签名失败")
        if len(sent["txnTime"]) != 14 or not sent["txnTime"].isdecimal():
            raise Declined("10", "报文格式错误")
        order_id = sent.get("orderId", "")
        if sent["txnType"] != "76" and not (
            order_id.isascii() and order_id.isalnum() and 8 <= len(order_id) <= 40
        ):
            raise Declined("10", "报文格式错误")

    def _do(self, path: str, sent: dict[str, str], number: str, method: str) -> dict[str, str]:
        content = _content(sent)
        kind = (path, sent["txnType"], sent["txnSubType"])
        match kind:
            case (str(where), "01", "01") if where == APP:
                return {"tn": self._book.begin(content).handle}
            case (str(where), "01", "07") if where == BACK:
                return {"qrCode": f"{self._url}/pay/{self._book.begin(content).handle}"}
            case (str(where), "04", "00") if where == BACK:
                if self._faults.strikes(Fault.BALANCE_NOT_ENOUGH, order=number, method=method):
                    raise Declined("89", "商户账户余额不足")
                return self._done(self._book.refund(content))
            case (str(where), "12", "00") if where == BACK:
                if self._faults.strikes(Fault.BALANCE_NOT_ENOUGH, order=number, method=method):
                    raise Declined("89", "商户账户余额不足")
                return self._ordered(self._book.pay_out(content, self._seal.open_card(sent)))
            case (str(where), "00", "00") if where == QUERY:
                return self._standing(self._book.find(sent["orderId"], sent["txnTime"]))
            case (str(where), "76", "01") if where == FILES:
                return self._file(sent)
            case _:
                raise Declined("10", "报文格式错误")

    def _done(self, transaction: Transaction) -> dict[str, str]:
        self._tell(transaction)
        return {"queryId": transaction.query_id, "txnAmt": str(transaction.amount)}

    def _ordered(self, payout: Transaction) -> dict[str, str]:
        """A payout is only taken in: what became of it is told by notice, and when it is asked."""
        if payout.code != "05":
            self._tell(payout)
        return {"txnAmt": str(payout.amount)}

    def _standing(self, one: Transaction) -> dict[str, str]:
        words = {"00": "成功", "05": "交易已受理，请稍后查询交易结果", "64": "卡上的余额不足"}
        return {
            "txnType": one.txn_type,
            "txnSubType": one.sent["txnSubType"],
            "origRespCode": one.code,
            "origRespMsg": f"{words.get(one.code, '交易失败')}[0000000]",
            **facts_of(one, done_at=one.done_at),
        }

    def _file(self, sent: dict[str, str]) -> dict[str, str]:
        """The day that was asked for, if it is over."""
        today = self._clock.now().astimezone(CHINA)
        asked, ends = sent.get("settleDate", ""), f"{today:%m%d}"
        if len(asked) != 4 or not asked.isdecimal() or asked == ends:
            raise Declined("98", "文件不存在")
        day = f"{(today.year - (asked > ends)) % 100:02}{asked}"
        done = [
            one
            for one in self._book
            if one.txn_type != PAYOUT
            and one.done_at is not None
            and f"{one.done_at.astimezone(CHINA):%m%d}" == asked
        ]
        name, content = write_file(done, merchant=MERCHANT, day=day)
        return {"fileName": name, "fileContent": content}


def facts_of(one: Transaction, *, done_at: datetime | None) -> dict[str, str]:
    """What inquiries and notices say of a transaction."""
    facts = {"currencyCode": "156", "txnAmt": str(one.amount)}
    facts |= {name: one.sent[name] for name in ("reqReserved", "origQryId") if name in one.sent}
    if done_at is None:
        return facts | {"settleAmt": "0"}
    moment = done_at.astimezone(CHINA)
    return facts | {
        "accNo": one.sent["accNo"] if one.txn_type == PAYOUT else "6221558812340048",
        "queryId": one.query_id,
        "settleAmt": str(one.amount),
        "settleCurrencyCode": "156",
        "settleDate": f"{moment:%m%d}",
        "traceNo": one.trace_no,
        "traceTime": f"{moment:%m%d%H%M%S}",
    }


def _content(sent: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in sent.items() if name not in ("signature", "certId")}


def _result(code: str, words: str) -> dict[str, str]:
    return {"respCode": code, "respMsg": f"{words}[{code}00000]"}
