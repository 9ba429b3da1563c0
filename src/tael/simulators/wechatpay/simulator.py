"""How do the parts of the simulator come together?"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tael.foundation.clock import CHINA
from tael.simulators.base import (
    OF_ANY_POSTMAN,
    OF_ANY_WIRE,
    Act,
    Answer,
    Call,
    Fault,
    OrderView,
    PayerView,
    PayoutView,
    Postman,
    RefundView,
    Refused,
    ShownCode,
    SimulatedChannel,
    SplitView,
    Stage,
)
from tael.simulators.wechatpay.bills import Files
from tael.simulators.wechatpay.gateway import Books, Gateway, bare
from tael.simulators.wechatpay.keys import Seal, prepare_keys
from tael.simulators.wechatpay.notices import WechatPayDelivery
from tael.simulators.wechatpay.nouns import KnownReceiver, Order, ShownAuthCode, Transfer
from tael.simulators.wechatpay.orders import OrderBook
from tael.simulators.wechatpay.payers import Payers
from tael.simulators.wechatpay.routes import METHODS, ROUTES
from tael.simulators.wechatpay.shares import ShareBook
from tael.simulators.wechatpay.transfers import TransferBook

_WORDS = {"zh": {"title": "微信支付模拟器"}, "en": {"title": "WeChat Pay simulator"}}
_WAYS = ("at_once", "ask", "poor")
_REFUND_ENDS = ("SUCCESS", "CLOSED", "ABNORMAL")


class WechatPaySimulator(SimulatedChannel):
    """WeChat Pay, played."""

    name = "wechatpay"
    words = _WORDS
    offers = (
        OF_ANY_WIRE
        | OF_ANY_POSTMAN
        | {
            Fault.WRONG_SIGNATURE,
            Fault.WRONG_AMOUNT,
            Fault.WRONG_MERCHANT,
            Fault.WRONG_ORDER,
            Fault.SYSTEM_ERROR_BEFORE,
            Fault.SYSTEM_ERROR_AFTER,
            Fault.BALANCE_NOT_ENOUGH,
            Fault.LATE_SUCCESS,
            Fault.OUT_OF_ORDER,
        }
    )
    methods = METHODS

    def __init__(self, stage: Stage) -> None:
        journal, clock = stage.journal, stage.clock
        self._seal = Seal(prepare_keys(stage.home))
        self._orders = OrderBook(clock, journal.drawer("order", Order), journal.drawer("code", ShownAuthCode))
        self._shares = ShareBook(clock, self._orders, journal.drawer("receiver", KnownReceiver))
        self._files = Files(clock)
        self._delivery = WechatPayDelivery(self._seal)
        self.postman: Postman = Postman(
            self._delivery,
            clock=clock,
            speed=stage.speed,
            faults=stage.faults,
            journal=journal,
            new_id=_new_notice_id,
        )
        self._payers = Payers(self._orders, postman=self.postman, faults=stage.faults)
        self._transfers = TransferBook(
            clock, journal.drawer("transfer", Transfer), tell=self._payers.tell_of_transfer
        )
        self._gateway = Gateway(
            Books(orders=self._orders, shares=self._shares, transfers=self._transfers, files=self._files),
            ROUTES,
            seal=self._seal,
            clock=clock,
            faults=stage.faults,
            url=stage.url,
            tell_of_refund=self._payers.tell_of_refund,
            asked_with=self._asked_with,
        )
        self.acts = {
            "scan": self._scan,
            "pay": self._pay,
            "decline": self._decline,
            "show_code": self._show_code,
            "refunds_end": self._refunds_end,
            "rotate": self._rotate,
            "payout_succeed": self._payout_succeed,
            "payout_fail": self._payout_fail,
        }

    async def answer(self, call: Call) -> Answer | None:
        """APIv3; and where an H5 page leads back to is remembered on the way to it."""
        back = call.asked("redirect_url") if call.path.startswith("/pay/") else ""
        if back and urlsplit(back).scheme in ("https", "http"):
            order = self._orders.of_code(call.path.removeprefix("/pay/"))
            if order is not None:
                order.return_url = back
                self._orders.keep(order)
        return self._gateway.answer(call)

    def orders(self) -> Iterable[OrderView]:
        """Every order, oldest first."""
        return (_view(order) for order in self._orders)

    def order(self, number: str) -> OrderView | None:
        """One order."""
        order = self._orders.of_number(number)
        return _view(order) if order is not None else None

    def payouts(self) -> Iterable[PayoutView]:
        """Every transfer, oldest first."""
        return (_payout_view(transfer) for transfer in self._transfers)

    def payout(self, number: str) -> PayoutView | None:
        """One transfer. WeChat Pay's numbers have letters and digits only: a platform leaves the rest out."""
        wanted = bare(number)
        return next((payout for payout in self.payouts() if payout.payout_number == wanted), None)

    def payer(self, code: str) -> PayerView | None:
        """What the payer sees."""
        order = self._orders.of_code(code)
        return self._payers.view(order) if order is not None else None

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        self._orders.bring_nearer(by)
        self._transfers.bring_nearer(by)
        self._files.bring_nearer(by)

    def wake_up(self) -> None:
        """Post the notices that a crash kept from being written down."""
        self._payers.tell_what_was_missed(self._orders, self._transfers)

    # Acts

    def _find(self, act: Act) -> Order:
        found = self._orders.of_code(act.last_of_code) if act.code else self._orders.of_number(act.order)
        if found is None:
            raise Refused(404, "No order has this code or number.")
        return found

    def _scan(self, act: Act) -> OrderView:
        order = self._find(act)
        self._payers.scan(order)
        return _view(order)

    def _pay(self, act: Act) -> OrderView:
        order = self._find(act)
        self._payers.pay(order)
        return _view(order)

    def _decline(self, act: Act) -> OrderView:
        order = self._find(act)
        self._payers.decline(order)
        return _view(order)

    def _show_code(self, act: Act) -> ShownCode:
        return ShownCode(code=self._orders.show_code(_one_of(act.text or _WAYS[0], _WAYS)))

    def _refunds_end(self, act: Act) -> OrderView:
        """Say what becomes of the order's refunds: `SUCCESS`, `CLOSED` or `ABNORMAL`."""
        order = self._find(act)
        order.refunds_end = _one_of(act.text, _REFUND_ENDS)
        self._orders.keep(order)
        return _view(order)

    def _rotate(self, act: Act) -> None:
        """Let the new certificate, or again the old one, sign for those who name no key."""
        old, new = self._seal.serials[1:]
        self._seal.in_use = old if self._seal.in_use == new else new

    def _payout_succeed(self, act: Act) -> PayoutView:
        transfer = self._find_transfer(act)
        self._transfers.succeed(transfer)
        return _payout_view(transfer)

    def _payout_fail(self, act: Act) -> PayoutView:
        transfer = self._find_transfer(act)
        self._transfers.fail(transfer, act.text)
        return _payout_view(transfer)

    def _find_transfer(self, act: Act) -> Transfer:
        wanted = bare(act.payout)
        found = next((transfer for transfer in self._transfers if transfer.out_bill_no == wanted), None)
        if found is None:
            raise Refused(404, "No payout has this number.")
        return found

    def _asked_with(self, serial: str) -> None:
        """Notices are signed with the key that the merchant asked for last."""
        self._delivery.serial = serial or self._seal.in_use


def _view(order: Order) -> OrderView:
    return OrderView(
        order_number=order.out_trade_no,
        channel_reference=order.transaction_id,
        state=order.state.value,
        amount_minor=order.total_minor,
        currency="CNY",
        paid_count=order.payments,
        captured_minor=order.total_minor * order.payments,
        refunded_minor=order.refunded_minor,
        refunds=[
            RefundView(
                refund_number=refund.out_refund_no,
                amount_minor=refund.amount_minor,
                state=refund.status,
                at=refund.at,
            )
            for refund in order.refunds
        ],
        splits=[
            SplitView(split_number=split.out_order_no, account=share.account, amount_minor=share.amount)
            for split in order.splits
            for share in split.shares
        ],
        subject=order.description,
        page=f"/pay/{order.code}",
    )


def _payout_view(transfer: Transfer) -> PayoutView:
    return PayoutView(
        payout_number=transfer.out_bill_no,
        state=transfer.state,
        amount_minor=transfer.amount_minor,
        currency="CNY",
        sent_count=transfer.sent,
        payee=transfer.openid,
    )


def _one_of(text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise Refused(422, f"It is one of {', '.join(known)}.")
    return text


def _new_notice_id(now: datetime) -> str:
    """An id as WeChat Pay gives its notices."""
    return f"EV-{now.astimezone(CHINA):%Y%m%d%H%M%S}{secrets.randbelow(10**12):012}"
