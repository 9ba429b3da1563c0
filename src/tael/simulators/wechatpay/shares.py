"""How is the money of an order shared? Receivers are made known first; each request shares once under its number."""

import re
import secrets
from datetime import datetime

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.base import Drawer
from tael.simulators.wechatpay.nouns import KnownReceiver, Order, Share, Split
from tael.simulators.wechatpay.orders import OrderBook
from tael.simulators.wechatpay.refusals import ApiRefused, wrong_parameter

MOST_RECEIVERS = 50
_NUMBER = re.compile(r"[0-9A-Za-z_|*@-]{1,64}")


class ReceiverAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to be made known, or to get a part."""

    type: str = ""
    account: str = ""
    relation_type: str = ""
    amount: int = 0
    description: str = ""


class SplitAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A request to share, or to unfreeze what is left."""

    transaction_id: str = ""
    out_order_no: str = ""
    receivers: list[ReceiverAsked] = []
    unfreeze_unsplit: bool = True
    description: str = ""


class ShareBook:
    """Who may get parts, and what they got."""

    def __init__(self, clock: Clock, orders: OrderBook, receivers: Drawer[KnownReceiver]) -> None:
        self._clock = clock
        self._orders = orders
        self._receivers = receivers

    def make_known(self, asked: ReceiverAsked) -> None:
        """Let somebody get parts of orders from now on; said again, nothing changes."""
        if (
            asked.type not in ("MERCHANT_ID", "PERSONAL_OPENID")
            or not asked.account
            or not asked.relation_type
        ):
            raise wrong_parameter("type", asked.type, "分账接收方信息有误")
        receiver = KnownReceiver(account=asked.account, type=asked.type, relation_type=asked.relation_type)
        self._receivers.keep(f"{asked.type}:{asked.account}", receiver)

    def share(self, asked: SplitAsked, *, poor: bool) -> tuple[Order, Split]:
        """Give parts of an order's money away, once under each number."""
        order = self._find(asked.transaction_id)
        known = _split_of(order, asked.out_order_no)
        wanted = [(part.type, part.account, part.amount, part.description) for part in asked.receivers]
        if known is not None:
            if wanted != [(part.type, part.account, part.amount, part.description) for part in known.shares]:
                raise ApiRefused("INVALID_REQUEST", "分账单号重复，且参数与原请求不一致")
            return order, known
        self._check(order, asked)
        if poor:
            raise ApiRefused("NOT_ENOUGH", "分账金额不足")
        now = self._clock.now()
        rest = order.unsplit_minor - sum(part.amount for part in asked.receivers)
        split = Split(
            out_order_no=asked.out_order_no,
            order_id=_new_number(now),
            shares=[
                Share(
                    type=part.type,
                    account=part.account,
                    amount=part.amount,
                    description=part.description,
                    detail_id=_new_number(now),
                )
                for part in asked.receivers
            ],
            unfreeze=asked.unfreeze_unsplit,
            unfrozen_minor=rest if asked.unfreeze_unsplit else 0,
            at=now,
        )
        order.splits.append(split)
        self._orders.keep(order)
        return order, split

    def find(self, out_order_no: str, transaction_id: str) -> tuple[Order, Split]:
        """The split of that number, or a refusal."""
        order = self._find(transaction_id)
        split = _split_of(order, out_order_no)
        if split is None:
            raise ApiRefused("RESOURCE_NOT_EXISTS", "记录不存在")
        return order, split

    def _find(self, transaction_id: str) -> Order:
        try:
            return self._orders.find(transaction_id=transaction_id or "-")
        except ApiRefused:
            raise ApiRefused("RESOURCE_NOT_EXISTS", "微信订单不存在") from None

    def _check(self, order: Order, asked: SplitAsked) -> None:
        if not _NUMBER.fullmatch(asked.out_order_no):
            raise wrong_parameter("out_order_no", asked.out_order_no, "商户分账单号格式有误")
        if len(asked.receivers) > MOST_RECEIVERS:
            raise wrong_parameter("receivers", len(asked.receivers), "分账接收方过多")
        if not order.shared:
            raise ApiRefused("INVALID_REQUEST", "非分账订单不支持分账")
        for part in asked.receivers:
            if f"{part.type}:{part.account}" not in self._receivers.things:
                raise ApiRefused("INVALID_REQUEST", "分账接收方关系未添加")
            if part.amount < 1 or not part.description:
                raise wrong_parameter("receivers", part.amount, "分账金额须大于0，描述必填")
        if sum(part.amount for part in asked.receivers) > order.unsplit_minor - order.refunded_minor:
            raise ApiRefused("NOT_ENOUGH", "分账金额不足")


def _split_of(order: Order, out_order_no: str) -> Split | None:
    return next((split for split in order.splits if split.out_order_no == out_order_no), None)


def _new_number(now: datetime) -> str:
    return f"300{now.astimezone(CHINA):%Y%m%d}{secrets.randbelow(10**15):015}"
