"""What does WeChat Pay answer? A signed request in; JSON out, signed if it says yes.

It looks in this order: is there such an address, is the signature the merchant's and fresh, then the rest.
"""

import gzip
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from tael.foundation.clock import Clock
from tael.simulators.base import Answer, Call, Fault, Faults
from tael.simulators.wechatpay import bills, messages
from tael.simulators.wechatpay.keys import APP_ID, MERCHANT_ID, MERCHANT_SERIAL, SCHEME, Seal
from tael.simulators.wechatpay.messages import Fields
from tael.simulators.wechatpay.nouns import Order, Refund, TradeState
from tael.simulators.wechatpay.orders import OrderBook, Prepayment, RefundAsked
from tael.simulators.wechatpay.refusals import ApiRefused, wrong_parameter
from tael.simulators.wechatpay.shares import ReceiverAsked, ShareBook, SplitAsked
from tael.simulators.wechatpay.transfers import TransferAsked, TransferBook

WINDOW_SECONDS = 300
FILES = "/v3/billdownload/file"
REFUNDS = "/v3/refund/domestic/refunds"
TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
T = TypeVar("T")

_AUTHORIZATION = re.compile(
    rf'{SCHEME} mchid="([0-9]{{1,32}})",nonce_str="([0-9A-Za-z]{{1,64}})",signature="([0-9A-Za-z+/=]{{1,1024}})",'
    r'timestamp="([0-9]{1,12})",serial_no="([0-9A-F]{1,64})"'
)


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is written down."""

    orders: OrderBook
    shares: ShareBook
    transfers: TransferBook
    files: bills.Files


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered, before it is signed. No content is a 204."""

    fields: Fields | None
    order: str = ""
    status: int = 200


class Mchid(msgspec.Struct, frozen=True, kw_only=True):
    """The content of calls about an order that exists."""

    mchid: str = ""
    appid: str = APP_ID


Handler = Callable[["Gateway", Call, str], Said]
Route = tuple[str, re.Pattern[str], str, Handler]
"""Method, path, the name of the call, and who answers it."""


class Gateway:
    """Answers the calls of one merchant."""

    def __init__(
        self,
        books: Books,
        routes: Sequence[Route],
        *,
        seal: Seal,
        clock: Clock,
        faults: Faults,
        url: str,
        tell_of_refund: Callable[[Order, Refund], None],
        asked_with: Callable[[str], None],
    ) -> None:
        self._books = books
        self._routes = routes
        self._seal = seal
        self._clock = clock
        self._faults = faults
        self._url = url
        self._tell_of_refund = tell_of_refund
        self._asked_with = asked_with

    def answer(self, call: Call) -> Answer | None:
        """The answer to one call; None if there is no such address."""
        for method, pattern, name, handler in self._routes:
            match = pattern.fullmatch(call.path) if method == call.method else None
            if match is not None:
                return self._work(call, name, match[1] if match.groups() else "", handler)
        if call.method == "GET" and call.path == FILES:
            return self._download(call)
        if call.path.startswith("/v3/"):
            return _refusal(ApiRefused("RESOURCE_NOT_EXISTS", "请求的资源不存在"), "", "")
        return None

    def _work(self, call: Call, name: str, number: str, handler: Handler) -> Answer:
        """Do what is asked, with whatever is to go wrong about it."""
        faults, serial = self._faults, call.headers.get("wechatpay-serial", "")
        path_number, number = number, self._order_of(call, number)
        try:
            self._check(call)
            self._asked_with(serial)
            if faults.strikes(Fault.SYSTEM_ERROR_BEFORE, order=number, method=name):
                raise ApiRefused("SYSTEM_ERROR", "系统异常，请稍后重试")
            said = handler(self, call, path_number)
            if faults.strikes(Fault.SYSTEM_ERROR_AFTER, order=number, method=name):
                raise ApiRefused("SYSTEM_ERROR", "系统异常，请稍后重试")
        except ApiRefused as refused:
            return self._refuse(refused, number, name)
        except msgspec.MsgspecError as problem:
            return self._refuse(ApiRefused("PARAM_ERROR", str(problem)), number, name)
        fields: Any = said.fields
        for fault, change in _WRITTEN_WRONGLY.items():
            if faults.strikes(fault, order=number, method=name):
                fields = change(fields)
        body = b"" if fields is None else msgspec.json.encode(fields)
        now = faults.channel_time(self._clock.now(), order=number, method=name)
        forged = faults.strikes(Fault.WRONG_SIGNATURE, order=number, method=name)
        headers = self._seal.headers(body, serial=serial, now=now, forged=forged)
        return Answer(
            body=body,
            status=204 if fields is None else said.status,
            content_type="" if fields is None else "application/json; charset=utf-8",
            headers=headers | {"Request-ID": headers["Wechatpay-Nonce"].upper()},
            order=number,
            method=name,
        )

    def _order_of(self, call: Call, number: str) -> str:
        """By which number fault switches know the call: the order's, wherever there is one."""
        asked = _numbers_in(call.body)
        transaction_id = asked.transaction_id or call.asked("transaction_id")
        known = self._books.orders.refund_of_number(number)
        if known is not None:
            return known[0].out_trade_no
        if transaction_id:
            try:
                return self._books.orders.find(transaction_id=transaction_id).out_trade_no
            except ApiRefused:
                return number
        number = number or asked.out_trade_no or asked.out_bill_no
        return next((name for name in self._named_by_switches() if bare(name) == number), number)

    def _named_by_switches(self) -> Iterator[str]:
        """Numbers as platforms write them; WeChat Pay's numbers of transfers have letters and digits only."""
        return (switch.order for switch in self._faults.switches if switch.order)

    def _check(self, call: Call) -> None:
        """Refuse what the merchant did not sign, or not now."""
        if not call.headers.get("user-agent") or not call.headers.get("accept"):
            raise ApiRefused("INVALID_REQUEST", "Http头缺少Accept或User-Agent")
        match = _AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
        if match is None:
            raise ApiRefused("SIGN_ERROR", "Http头Authorization值格式错误")
        merchant, nonce, signature, timestamp, serial = match.groups()
        if merchant != MERCHANT_ID or serial != MERCHANT_SERIAL:
            raise ApiRefused("SIGN_ERROR", "商户号或证书序列号有误")
        if abs(int(timestamp) - self._clock.now().timestamp()) > WINDOW_SECONDS:
            raise ApiRefused("SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
        content = f"{call.method}\n{call.target}\n{timestamp}\n{nonce}\n".encode() + call.body + b"\n"
        if not self._seal.signed_by_merchant(content, signature):
            raise ApiRefused("SIGN_ERROR", "签名错误，请检查后再试")

    def _refuse(self, refused: ApiRefused, number: str, name: str) -> Answer:
        """An error, which carries no signature, or a wrong one if that is what shall go wrong."""
        answer = _refusal(refused, number, name)
        if not self._faults.strikes(Fault.WRONG_SIGNATURE, order=number, method=name):
            return answer
        headers = self._seal.headers(answer.body, serial="", now=self._clock.now(), forged=True)
        return msgspec.structs.replace(answer, headers=headers)

    def _download(self, call: Call) -> Answer:
        """A file as it lies there: packed, unsigned, and without a word about its packing."""
        try:
            self._check(call)
            packed = self._books.files.take(call.asked("token"))
        except ApiRefused as refused:
            return _refusal(refused, "", f"GET {FILES}")
        return Answer(body=packed, content_type="application/octet-stream", method=f"GET {FILES}")

    # Orders

    def prepay(self, call: Call, number: str, *, trade_type: str) -> Said:
        """Begin an order that the payer finishes."""
        order = self._books.orders.prepay(self._of_merchant(call.body, Prepayment), trade_type=trade_type)
        page = f"{self._url}/pay/{order.code}"
        fields = {
            "NATIVE": {"code_url": page},
            "MWEB": {"h5_url": f"{page}?prepay_id={order.prepay_id}&package={order.code[:10]}"},
        }.get(trade_type, {"prepay_id": order.prepay_id})
        return Said(fields=fields)

    def codepay(self, call: Call, number: str) -> Said:
        """Take the money of a payer who showed a code."""
        order = self._books.orders.pay_by_code(self._of_merchant(call.body, Prepayment))
        if order.state is TradeState.USERPAYING:
            return Said(fields={"code": "USERPAYING", "message": "需要用户输入支付密码"}, status=202)
        return Said(fields=messages.transaction(order))

    def query(self, call: Call, number: str, *, by_transaction: bool = False) -> Said:
        """What became of an order."""
        self._check_merchant(call.asked("mchid"))
        numbers = {"transaction_id": number} if by_transaction else {"out_trade_no": number}
        return Said(fields=messages.transaction(self._books.orders.find(**numbers)))

    def close(self, call: Call, number: str) -> Said:
        """End an unpaid order."""
        self._of_merchant(call.body, Mchid)
        self._books.orders.close(self._books.orders.find(number))
        return Said(fields=None)

    def reverse(self, call: Call, number: str) -> Said:
        """End an order of a code that the payer showed."""
        self._of_merchant(call.body, Mchid)
        self._books.orders.reverse(self._books.orders.find(number))
        return Said(fields={"appid": APP_ID, "mchid": MERCHANT_ID, "out_trade_no": number})

    def refund(self, call: Call, number: str) -> Said:
        """Give money back; the first answer says that it is on its way."""
        asked = msgspec.json.decode(call.body, type=RefundAsked)
        poor = self._faults.strikes(
            Fault.BALANCE_NOT_ENOUGH, order=asked.out_trade_no, method=f"POST {REFUNDS}"
        )
        order, refund, new = self._books.orders.refund(asked, poor=poor)
        if new:
            self._tell_of_refund(order, refund)
        return Said(fields=messages.refund(order, refund, first=new))

    def query_refund(self, call: Call, number: str) -> Said:
        """What became of a refund."""
        known = self._books.orders.refund_of_number(number)
        if known is None:
            raise ApiRefused("RESOURCE_NOT_EXISTS", "退款单不存在")
        return Said(fields=messages.refund(*known))

    # Splits

    def add_receiver(self, call: Call, number: str) -> Said:
        """Make a receiver known."""
        asked = msgspec.json.decode(call.body, type=ReceiverAsked)
        self._books.shares.make_known(asked)
        return Said(
            fields={"type": asked.type, "account": asked.account, "relation_type": asked.relation_type}
        )

    def split(self, call: Call, number: str) -> Said:
        """Share an order's money, or unfreeze what is left of it."""
        poor = self._faults.strikes(
            Fault.BALANCE_NOT_ENOUGH, order=self._order_of(call, ""), method=f"POST {call.path}"
        )
        order, split = self._books.shares.share(msgspec.json.decode(call.body, type=SplitAsked), poor=poor)
        return Said(fields=messages.split(order, split, first=True))

    def query_split(self, call: Call, number: str) -> Said:
        """How an order's money was shared."""
        order, split = self._books.shares.find(number, call.asked("transaction_id"))
        return Said(fields=messages.split(order, split))

    def unsplit(self, call: Call, number: str) -> Said:
        """What is still frozen for sharing."""
        order = self._books.orders.find(transaction_id=number)
        return Said(fields={"transaction_id": number, "unsplit_amount": order.unsplit_minor})

    # Transfers

    def transfer(self, call: Call, number: str) -> Said:
        """Send money to somebody's balance, once they confirm."""
        asked = msgspec.json.decode(call.body, type=TransferAsked)
        if asked.appid != APP_ID:
            raise ApiRefused("APPID_MCHID_NOT_MATCH", "商户号和appid没有绑定关系")
        serial = call.headers.get("wechatpay-serial", "")
        name = self._seal.unseal(asked.user_name, serial=serial) if asked.user_name else ""
        if name is None:
            raise wrong_parameter("user_name", None, "敏感字段解密失败")
        poor = self._faults.strikes(
            Fault.BALANCE_NOT_ENOUGH, order=self._order_of(call, ""), method=f"POST {TRANSFERS}"
        )
        return Said(fields=messages.transfer_taken(self._books.transfers.order(asked, name=name, poor=poor)))

    def query_transfer(self, call: Call, number: str, *, by_ours: bool = False) -> Said:
        """What became of a transfer."""
        return Said(fields=messages.transfer(self._books.transfers.find(number, by_ours=by_ours)))

    def cancel_transfer(self, call: Call, number: str) -> Said:
        """Call a transfer back."""
        transfer = self._books.transfers.find(number)
        self._books.transfers.cancel(transfer)
        fields = messages.transfer_taken(transfer) | {"state": "CANCELING"}
        return Said(fields=fields | {"update_time": messages.china_time(transfer.updated_at)})

    # Records and keys

    def bill(self, call: Call, number: str, *, funds: bool) -> Said:
        """Where a day's record lies, and its hash."""
        day = bills.check_day(call.asked("bill_date"), now=self._clock.now())
        orders = list(self._books.orders)
        wrong = self._faults.strikes(Fault.WRONG_AMOUNT, order="", method=f"GET {call.path}")
        text = (
            bills.funds_bill(day, orders, self._books.transfers, wrong=wrong)
            if funds
            else bills.trade_bill(day, orders, wrong=wrong)
        )
        packed = gzip.compress(text) if call.asked("tar_type") == "GZIP" else text
        token, digest = self._books.files.put(text, packed)
        url = f"{self._url}{FILES}?token={token}"
        return Said(fields={"download_url": url, "hash_type": "SHA1", "hash_value": digest})

    def certificates(self, call: Call, number: str) -> Said:
        """The platform certificates, sealed."""
        listed = [
            {
                "serial_no": serial,
                "effective_time": "2024-01-01T08:00:00+08:00",
                "expire_time": "2044-01-01T08:00:00+08:00",
                "encrypt_certificate": self._seal.seal(pem.encode(), about="certificate"),
            }
            for serial, pem in zip(self._seal.serials[1:], self._seal.certificate_pems, strict=True)
        ]
        return Said(fields={"data": listed})

    def _of_merchant(self, body: bytes, kind: type[T]) -> T:
        """The content of a call, for our merchant and application."""
        content = msgspec.json.decode(body, type=kind)
        self._check_merchant(getattr(content, "mchid", ""))
        if getattr(content, "appid", APP_ID) != APP_ID:
            raise ApiRefused("APPID_MCHID_NOT_MATCH", "商户号和appid没有绑定关系")
        return content

    def _check_merchant(self, mchid: str) -> None:
        if mchid != MERCHANT_ID:
            raise wrong_parameter("mchid", mchid, "商户号与签名的商户号不一致")


_WRITTEN_WRONGLY: Mapping[Fault, Callable[[Any], Any]] = {
    Fault.WRONG_AMOUNT: messages.one_fen_more,
    Fault.WRONG_MERCHANT: messages.other_merchant,
    Fault.WRONG_ORDER: messages.other_number,
}


class _Numbers(msgspec.Struct, frozen=True):
    """By which number a call's content names what it is about."""

    out_trade_no: str = ""
    out_bill_no: str = ""
    transaction_id: str = ""


def bare(number: str) -> str:
    """A number without what is neither letter nor digit."""
    return "".join(character for character in number if character.isalnum())


def _numbers_in(body: bytes) -> _Numbers:
    try:
        return msgspec.json.decode(body or b"{}", type=_Numbers)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Numbers()


def _refusal(refused: ApiRefused, number: str, name: str) -> Answer:
    return Answer(
        status=refused.status,
        body=msgspec.json.encode(refused.body),
        content_type="application/json; charset=utf-8",
        order=number,
        method=name,
    )
