"""What does each verb do to an order? As WeChat Pay documents it.

An order exists from the moment of its prepayment. Unpaid orders end at their `time_expire`; that is noticed when
somebody looks, since nobody is told.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.base import Drawer
from tael.simulators.wechatpay.nouns import Order, Refund, ShownAuthCode, TradeState
from tael.simulators.wechatpay.refusals import ApiRefused, wrong_parameter

CODE_LIFETIME = timedelta(hours=2)
H5_LIFETIME = timedelta(minutes=5)
AUTH_CODE_LIFETIME = timedelta(minutes=1)
PASSWORD_LIFETIME = timedelta(minutes=10)
"""How long a payer can take to enter the password for a code that was scanned."""
REVERSE_WITHIN = timedelta(hours=24)
REFUND_WITHIN = timedelta(days=365)
MOST_REFUNDS = 50
PAYER_OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"

_NUMBER = re.compile(r"[0-9A-Za-z_|*-]{6,32}")
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_|*@-]{1,64}")
_AUTH_CODE = re.compile(r"1[0-5][0-9]{16}")


class Amount(msgspec.Struct, frozen=True):
    """In fen."""

    total: int = 0
    currency: str = "CNY"
    refund: int = 0


class Payer(msgspec.Struct, frozen=True):
    """Who pays."""

    openid: str = ""
    auth_code: str = ""


class H5Info(msgspec.Struct, frozen=True):
    """What kind of browser."""

    type: str = ""


class Store(msgspec.Struct, frozen=True):
    """Which shop."""

    id: str = ""
    out_id: str = ""


class Scene(msgspec.Struct, frozen=True):
    """Where the payer pays."""

    payer_client_ip: str = ""
    h5_info: H5Info = H5Info()
    store_info: Store = Store()


class Settlement(msgspec.Struct, frozen=True):
    """What becomes of the money."""

    profit_sharing: bool = False


class Prepayment(msgspec.Struct, frozen=True, kw_only=True):
    """The content of all calls that begin an order."""

    appid: str = ""
    mchid: str = ""
    description: str = ""
    out_trade_no: str = ""
    time_expire: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    attach: str = ""
    notify_url: str = ""
    amount: Amount = Amount()
    payer: Payer = Payer()
    scene_info: Scene = Scene()
    settle_info: Settlement = Settlement()


class RefundAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a refund."""

    out_refund_no: str = ""
    out_trade_no: str = ""
    transaction_id: str = ""
    reason: str = ""
    notify_url: str = ""
    amount: Amount = Amount()


class OrderBook:
    """All orders; each change is kept before anybody is answered."""

    def __init__(self, clock: Clock, orders: Drawer[Order], codes: Drawer[ShownAuthCode]) -> None:
        self._clock = clock
        self._orders = orders
        self._codes = codes
        self._by_code = {order.code: order for order in self}
        self._by_transaction = {order.transaction_id: order for order in self if order.transaction_id}
        self._by_refund = {
            refund.out_refund_no: (order, refund) for order in self for refund in order.refunds
        }

    def __iter__(self) -> Iterator[Order]:
        """Every order, oldest first."""
        return iter(self._orders.things.values())

    def keep(self, order: Order) -> None:
        """The order as it is now."""
        self._orders.keep(order.out_trade_no, order)

    # What the merchant asks

    def prepay(self, asked: Prepayment, *, trade_type: str) -> Order:
        """Begin an order; the same again gives the same, another one under its number is refused."""
        self._check(asked, trade_type)
        said = msgspec.json.encode((trade_type, asked)).decode()
        known = self.of_number(asked.out_trade_no)
        if known is not None:
            return _again(known, said)
        now = self._clock.now()
        expires_at = asked.time_expire or now + CODE_LIFETIME
        if asked.time_expire is not None and asked.time_expire <= now:
            raise wrong_parameter("time_expire", str(asked.time_expire), "订单失效时间须晚于当前时间")
        order = Order(
            out_trade_no=asked.out_trade_no,
            trade_type=trade_type,
            total_minor=asked.amount.total,
            description=asked.description,
            said=said,
            notify_url=asked.notify_url,
            code=secrets.token_hex(16),
            created_at=now,
            code_expires_at=now + (H5_LIFETIME if trade_type == "MWEB" else CODE_LIFETIME),
            expires_at=expires_at,
            attach=asked.attach,
            openid=asked.payer.openid or PAYER_OPENID,
            shared=asked.settle_info.profit_sharing,
        )
        self._by_code[order.code] = order
        self.keep(order)
        return order

    def _check(self, asked: Prepayment, trade_type: str) -> None:
        if not _NUMBER.fullmatch(asked.out_trade_no):
            raise wrong_parameter("out_trade_no", asked.out_trade_no, "商户订单号须为6到32个字符")
        if not 0 < len(asked.description) <= 127:
            raise wrong_parameter("description", asked.description, "商品描述须为1到127个字符")
        if not 0 < asked.amount.total <= 10**12:
            raise wrong_parameter("amount/total", asked.amount.total, "金额须大于0")
        if asked.amount.currency != "CNY":
            raise wrong_parameter("amount/currency", asked.amount.currency, "仅支持CNY")
        if trade_type == "MICROPAY":
            if not asked.scene_info.store_info.id and not asked.scene_info.store_info.out_id:
                raise wrong_parameter("scene_info/store_info", None, "门店信息必填")
            return
        if not _may_be_told(asked.notify_url):
            raise wrong_parameter("notify_url", asked.notify_url, "通知地址须为https且不带参数")
        if trade_type == "JSAPI" and not asked.payer.openid:
            raise wrong_parameter("payer/openid", None, "用户标识必填")
        scene = asked.scene_info
        if trade_type == "MWEB" and not (scene.payer_client_ip and scene.h5_info.type):
            raise wrong_parameter("scene_info", None, "场景信息必填")

    def pay_by_code(self, asked: Prepayment) -> Order:
        """Take the money of a payer who showed a code, or ask them for the password."""
        shown = self._codes.things.get(asked.payer.auth_code)
        known = self.of_number(asked.out_trade_no)
        order = self.prepay(msgspec.structs.replace(asked, time_expire=None), trade_type="MICROPAY")
        if known is not None:
            return order
        now = self._clock.now()
        order.expires_at = now + PASSWORD_LIFETIME
        if shown is None or shown.used_for or not _AUTH_CODE.fullmatch(asked.payer.auth_code):
            self._fail(order)
            raise ApiRefused("AUTH_CODE_INVALID", "付款码无效或已使用")
        if shown.expires_at <= now:
            self._fail(order)
            raise ApiRefused("AUTH_CODE_EXPIRED", "付款码已过期，请用户在微信上刷新后再试")
        shown.used_for = order.out_trade_no
        self._codes.keep(shown.auth_code, shown)
        if shown.way == "poor":
            self._fail(order)
            raise ApiRefused("NOT_ENOUGH", "用户余额不足")
        if shown.way == "ask":
            order.state = TradeState.USERPAYING
            self.keep(order)
        else:
            self.pay(order)
        return order

    def _fail(self, order: Order) -> None:
        order.state = TradeState.PAYERROR
        self.keep(order)

    def find(self, out_trade_no: str = "", transaction_id: str = "") -> Order:
        """The order, or a refusal."""
        found = self._by_transaction.get(transaction_id) if transaction_id else self.of_number(out_trade_no)
        if found is None:
            raise ApiRefused("ORDER_NOT_EXIST", "订单不存在")
        return found

    def close(self, order: Order) -> None:
        """End an unpaid order."""
        if order.state is TradeState.CLOSED:
            raise ApiRefused("ORDER_CLOSED", "订单已关闭")
        if order.state is not TradeState.NOTPAY:
            raise ApiRefused("INVALID_REQUEST", "订单已支付或正在支付，不能关闭")
        order.state = TradeState.CLOSED
        self.keep(order)

    def reverse(self, order: Order) -> None:
        """End an order of a code that the payer showed, whatever its state; said again, it stays ended."""
        if order.trade_type != "MICROPAY":
            raise ApiRefused("INVALID_REQUEST", "仅付款码支付可撤销")
        if order.state is TradeState.REVOKED:
            return
        now = self._clock.now()
        if now > order.created_at + REVERSE_WITHIN:
            raise ApiRefused("INVALID_REQUEST", "订单已超过撤销期限")
        if order.state is TradeState.REFUND:
            raise ApiRefused("TRADE_ERROR", "订单已转入退款，不能撤销")
        if order.payments:
            self._give_back(order, order.out_trade_no, order.total_minor, reason="撤销", notify_url="")
        order.state = TradeState.REVOKED
        self.keep(order)

    def refund(self, asked: RefundAsked, *, poor: bool) -> tuple[Order, Refund, bool]:
        """Give money back: the order, the refund, and whether it is new."""
        if not _REFUND_NUMBER.fullmatch(asked.out_refund_no):
            raise wrong_parameter("out_refund_no", asked.out_refund_no, "商户退款单号格式有误")
        try:
            order = self.find(asked.out_trade_no, asked.transaction_id)
        except ApiRefused:
            raise ApiRefused("RESOURCE_NOT_EXISTS", "订单号不存在") from None
        known = self.refund_of_number(asked.out_refund_no)
        if known is not None:
            owner, refund = known
            if (owner.out_trade_no, refund.amount_minor) != (order.out_trade_no, asked.amount.refund):
                raise ApiRefused("INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
            return owner, refund, False
        self._check_refund(order, asked)
        if poor:
            raise ApiRefused("NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
        refund = self._give_back(
            order, asked.out_refund_no, asked.amount.refund, reason=asked.reason, notify_url=asked.notify_url
        )
        refund.status = order.refunds_end
        order.state = TradeState.REFUND
        self.keep(order)
        return order, refund, True

    def _check_refund(self, order: Order, asked: RefundAsked) -> None:
        if order.state not in (TradeState.SUCCESS, TradeState.REFUND) or order.paid_at is None:
            raise ApiRefused("INVALID_REQUEST", "订单未支付成功")
        if asked.amount.refund < 1 or asked.amount.currency != "CNY":
            raise wrong_parameter("amount/refund", asked.amount.refund, "退款金额须大于0")
        if asked.amount.total != order.total_minor:
            raise ApiRefused("INVALID_REQUEST", "订单金额与支付时不一致")
        if self._clock.now() > order.paid_at + REFUND_WITHIN:
            raise ApiRefused("INVALID_REQUEST", "订单已超过一年，不能退款")
        if len(order.refunds) >= MOST_REFUNDS:
            raise ApiRefused("INVALID_REQUEST", "部分退款次数已达上限")
        if asked.amount.refund > order.total_minor - order.refunded_minor:
            raise ApiRefused("INVALID_REQUEST", "申请退款金额大于订单可退金额")

    def _give_back(self, order: Order, number: str, minor: int, *, reason: str, notify_url: str) -> Refund:
        now = self._clock.now()
        before, after = order.refunded_minor, order.refunded_minor + minor
        refund = Refund(
            out_refund_no=number,
            refund_id=f"503{now.astimezone(CHINA):%Y%m%d}{secrets.randbelow(10**17):017}",
            amount_minor=minor,
            reason=reason,
            at=now,
            notify_url=notify_url,
            fee_minor=order.fee_minor * after // order.total_minor
            - order.fee_minor * before // order.total_minor,
        )
        order.refunds.append(refund)
        self._by_refund[number] = order, refund
        return refund

    def refund_of_number(self, out_refund_no: str) -> tuple[Order, Refund] | None:
        """The refund of that number, and its order."""
        return self._by_refund.get(out_refund_no)

    # What the payer does

    def of_code(self, code: str) -> Order | None:
        """The order behind a code or link."""
        order = self._by_code.get(code.removeprefix("wx"))
        return self._looked_at(order) if order is not None else None

    def of_number(self, out_trade_no: str) -> Order | None:
        """The order of that number."""
        order = self._orders.things.get(out_trade_no)
        return self._looked_at(order) if order is not None else None

    def may_pay(self, order: Order, *, late: bool = False) -> bool:
        """Whether the payer's money would be taken; `late`: also of an order that has ended unpaid."""
        waits = order.state in (TradeState.NOTPAY, TradeState.USERPAYING)
        return (waits and self._clock.now() < order.code_expires_at) or (
            late and (waits or order.state is TradeState.CLOSED)
        )

    def pay(self, order: Order) -> None:
        """Take the payer's money."""
        now = self._clock.now()
        order.state, order.paid_at = TradeState.SUCCESS, now
        order.transaction_id = f"42000{now.astimezone(CHINA):%Y%m%d}{secrets.randbelow(10**15):015}"
        order.payments += 1
        self._by_transaction[order.transaction_id] = order
        self.keep(order)

    def decline(self, order: Order) -> None:
        """Go away: a code that was scanned has failed, everything else just waits."""
        if order.state is TradeState.USERPAYING:
            self._fail(order)

    def show_code(self, way: str) -> str:
        """A new code on the payer's phone."""
        shown = ShownAuthCode(
            auth_code=f"13{secrets.randbelow(10**16):016}",
            way=way,
            expires_at=self._clock.now() + AUTH_CODE_LIFETIME,
        )
        self._codes.keep(shown.auth_code, shown)
        return shown.auth_code

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        for order in self:
            order.created_at -= by
            order.code_expires_at -= by
            order.expires_at -= by
            order.paid_at = order.paid_at - by if order.paid_at is not None else None
            for refund in order.refunds:
                refund.at -= by
            for split in order.splits:
                split.at -= by
            self.keep(order)
        for shown in list(self._codes.things.values()):
            shown.expires_at -= by
            self._codes.keep(shown.auth_code, shown)

    def _looked_at(self, order: Order) -> Order:
        """The order, ended if its time is over."""
        if self._clock.now() >= order.expires_at:
            ends = {TradeState.NOTPAY: TradeState.CLOSED, TradeState.USERPAYING: TradeState.PAYERROR}
            if order.state in ends:
                order.state = ends[order.state]
                self.keep(order)
        return order


def _again(known: Order, said: str) -> Order:
    """What a merchant hears who begins an order once more."""
    if known.said != said:
        raise ApiRefused("OUT_TRADE_NO_USED", "商户订单号重复，且参数与原订单不一致")
    if known.trade_type == "MICROPAY":
        if known.state is TradeState.PAYERROR:
            raise ApiRefused("TRADE_ERROR", "该订单已支付失败，请更换单号")
        return known
    if known.payments:
        raise ApiRefused("INVALID_REQUEST", "该订单已支付")
    if known.state is TradeState.CLOSED:
        raise ApiRefused("ORDER_CLOSED", "订单已关闭")
    return known


def _may_be_told(url: str) -> bool:
    """WeChat Pay tells https addresses without a query. We tell this machine without https, too."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    schemes = ("https", "http") if parts.hostname in ("localhost", "127.0.0.1", "::1") else ("https",)
    return bool(parts.hostname) and not parts.query and parts.scheme in schemes
