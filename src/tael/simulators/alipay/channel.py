"""How do the parts make one channel? Book, gateway, cashier and bill desk, seen through the base's nouns."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec

from tael.simulators.alipay.bills import BillDesk
from tael.simulators.alipay.cashier import Cashier
from tael.simulators.alipay.gateway import Gateway
from tael.simulators.alipay.keys import Seal, prepare_keys
from tael.simulators.alipay.messages import BUYER_LOGON_ID, new_notify_id
from tael.simulators.alipay.methods import PAGES, Methods
from tael.simulators.alipay.notices import AlipayDelivery
from tael.simulators.alipay.trades import Trade, TradeBook, TradeStatus
from tael.simulators.alipay.transfers import Transfer, TransferBook
from tael.simulators.base import (
    OF_ANY_POSTMAN,
    OF_ANY_WIRE,
    Act,
    Answer,
    Call,
    Choice,
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
    plain,
    prepare_rsa_pair,
)

GATEWAY = "/gateway.do"
BILLS = "/bills/"
CURRENCY = "CNY"
_KEY_NAME = re.compile(r"[a-z_]{1,32}")


class AlipaySimulator(SimulatedChannel):
    """Alipay, played."""

    name = "alipay"
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

    def __init__(self, stage: Stage) -> None:
        keys = prepare_keys(stage.home)
        seal, faults, clock = Seal(keys), stage.faults, stage.clock
        self._book = book = TradeBook(clock, stage.journal.drawer("trade", Trade))
        self._transfers = transfers = TransferBook(clock, stage.journal.drawer("transfer", Transfer))
        self.postman = postman = Postman(
            AlipayDelivery(seal),
            clock=clock,
            speed=stage.speed,
            faults=faults,
            journal=stage.journal,
            new_id=new_notify_id,
        )
        self._cashier = cashier = Cashier(
            book=book, postman=postman, faults=faults, keys=keys, seal=seal, clock=clock
        )
        self._bills = bills = BillDesk(
            book=book, transfers=transfers, clock=clock, seller_id=keys.seller_id, url=stage.url
        )
        methods = Methods(
            book=book,
            transfers=transfers,
            cashier=cashier,
            bills=bills,
            faults=faults,
            seller_id=keys.seller_id,
            url=stage.url,
        )
        self._gateway = Gateway(keys=keys, seal=seal, methods=methods, faults=faults)
        self.methods = (*methods.table, *PAGES)
        self.acts = {
            "scan": self._on_trade("scan", cashier.scan),
            "pay": self._on_trade("pay", cashier.pay),
            "decline": self._on_trade("decline", cashier.decline),
            "finish": self._on_trade("finish", book.finish),
            "show_code": lambda act: ShownCode(code=cashier.show_code(act.text)),
            "open": self._open,
            "accept_keys": lambda act: _accept_keys(act, seal, stage.home),
            "payout_succeed": lambda act: self._settle(act, succeeds=True),
            "payout_fail": lambda act: self._settle(act, succeeds=False),
        }

    async def answer(self, call: Call) -> Answer | None:
        """The gateway, and the files of bills."""
        if call.path == GATEWAY:
            return self._gateway.answer(call)
        if call.path.startswith(BILLS):
            file = self._bills.take(call.path.removeprefix(BILLS))
            if file is None:
                return plain("the address is no longer good", status=404)
            return Answer(body=file, content_type="application/zip", method="bill")
        return None

    def orders(self) -> Iterator[OrderView]:
        """Every order."""
        return (_view(trade) for trade in self._book)

    def order(self, number: str) -> OrderView | None:
        """One order."""
        trade = self._book.of_order(number)
        return _view(trade) if trade is not None else None

    def payouts(self) -> Iterator[PayoutView]:
        """Every transfer."""
        return (_payout(transfer) for transfer in self._transfers)

    def payout(self, number: str) -> PayoutView | None:
        """One transfer."""
        transfer = self._transfers.of_number(number)
        return _payout(transfer) if transfer is not None else None

    def payer(self, code: str) -> PayerView | None:
        """What lies behind a code or page: opening it is scanning it."""
        trade = self._book.of_code(code)
        if trade is None:
            return None
        self._cashier.scan(trade)
        waiting = self._cashier.may_pay(trade)
        if waiting:
            situation = "waiting"
        elif trade.refunded_minor:
            situation = "refunded"
        else:
            situation = "paid" if trade.was_paid else "ended"
        pay, decline = Choice(act="pay", words="pay", primary=True), Choice(act="decline", words="decline")
        return PayerView(
            order_number=trade.out_trade_no,
            subject=trade.subject,
            amount_minor=trade.total_minor,
            currency=CURRENCY,
            situation=situation,
            payer=BUYER_LOGON_ID,
            valid_until=trade.expires_at,
            choices=(pay, decline) if waiting else (),
            return_url=self._cashier.return_url(trade),
            refunded_minor=trade.refunded_minor,
        )

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        self._book.bring_nearer(by)
        self._transfers.bring_nearer(by)

    def wake_up(self) -> None:
        """Post what a crash left unwritten."""
        self._cashier.tell_what_was_missed()

    def _on_trade(self, verb: str, does: Callable[[Trade], bool]) -> Callable[[Act], OrderView]:
        def act(upon: Act) -> OrderView:
            book = self._book
            trade = book.of_code(upon.last_of_code) if upon.code else book.of_order(upon.order)
            if trade is None:
                raise Refused(404, "No order has this code or number.")
            if not does(trade):
                raise Refused(409, f"The order is {_state_of(trade)}: it cannot {verb} now.")
            return _view(trade)

        return act

    def _open(self, act: Act) -> OrderView:
        """What a wallet does with the parameters that a merchant's app or page hands it: `text` is them as JSON."""
        try:
            parameters = msgspec.json.decode(act.text, type=dict[str, str])
        except msgspec.MsgspecError as problem:
            raise Refused(422, str(problem)) from None
        if "trade_no" in parameters:
            trade = self._book.of_number(parameters["trade_no"])
        else:
            answer = self._gateway.answer(
                Call(
                    method="GET",
                    path=GATEWAY,
                    raw_path=GATEWAY,
                    query=parameters.get("order_string", ""),
                    headers={},
                    body=b"",
                )
            )
            trade = self._book.of_code(answer.headers.get("location", "").rpartition("/")[2])
        if trade is None or not self._cashier.scan(trade):
            raise Refused(409, "The wallet does not take these parameters.")
        return _view(trade)

    def _settle(self, act: Act, *, succeeds: bool) -> PayoutView:
        transfer = self._transfers.of_number(act.payout)
        if transfer is None:
            raise Refused(404, "No transfer has this number.")
        if not self._transfers.settle(transfer, succeeds=succeeds):
            raise Refused(409, f"The transfer is {transfer.status}.")
        return _payout(transfer)


def _accept_keys(act: Act, seal: Seal, home: Path) -> None:
    """The application enters the public keys with these names, made if they are missing: `app app_next`."""
    names = act.text.split()
    if not names or not all(_KEY_NAME.fullmatch(name) for name in names):
        raise Refused(422, "text: names of key pairs, small letters and _, with spaces between.")
    seal.accept(*(prepare_rsa_pair(home, name)[1] for name in names))


def _state_of(trade: Trade) -> str:
    return trade.status.value if trade.status else "UNSCANNED"


def _view(trade: Trade) -> OrderView:
    return OrderView(
        order_number=trade.out_trade_no,
        channel_reference=trade.trade_no or "",
        state=_state_of(trade),
        amount_minor=trade.total_minor,
        currency=CURRENCY,
        paid_count=trade.payments,
        captured_minor=trade.payments * trade.total_minor,
        refunded_minor=trade.refunded_minor,
        refunds=[
            RefundView(refund_number=refund.out_request_no, amount_minor=refund.amount_minor, at=refund.at)
            for refund in trade.refunds
        ],
        splits=[
            SplitView(
                split_number=split.out_request_no, account=share.trans_in, amount_minor=share.amount_minor
            )
            for split in trade.splits
            for share in split.shares
        ],
        subject=trade.subject,
        page=f"/pay/{trade.code}",
        over=trade.status is TradeStatus.TRADE_CLOSED,
    )


def _payout(transfer: Transfer) -> PayoutView:
    return PayoutView(
        payout_number=transfer.out_biz_no,
        state=transfer.status,
        amount_minor=transfer.amount_minor,
        currency=CURRENCY,
        sent_count=transfer.sent_count,
        payee=transfer.identity,
    )
