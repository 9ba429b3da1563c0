"""What can tests, demo and bench ask of the simulator? JSON under `/_control/`, for machines.

POST scan, pay, decline, finish   {"qr_code": …} or {"out_trade_no": …}
POST advance                      {"seconds": …}: let every deadline come nearer
GET, PUT faults                   {"switches": [{"fault": …, "calls": …, "order": …, "method": …}]}
GET trades/{out_trade_no}         one order, its refunds and its notices
GET summary                       the totals that prove that nothing had two effects
"""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from tael.simulators.alipay.cashier import Cashier
from tael.simulators.alipay.faults import Faults, Switch
from tael.simulators.alipay.notices import Attempt, Notice, Postman
from tael.simulators.alipay.trades import Refund, Trade, TradeBook


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order, by what its code holds or by its number."""

    qr_code: str = ""
    out_trade_no: str = ""


class Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much time shall seem to pass."""

    seconds: int


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every fault that is on."""

    switches: list[Switch]


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as the operator sees it."""

    notify_id: str
    trade_status: str
    delivered: bool
    attempts: list[Attempt]

    @classmethod
    def of(cls, notice: Notice) -> "NoticeView":
        """The view of one notice."""
        return cls(
            notify_id=notice.notify_id,
            trade_status=notice.fields["trade_status"],
            delivered=notice.delivered,
            attempts=notice.attempts,
        )


class TradeView(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the operator sees it."""

    out_trade_no: str
    trade_no: str | None
    state: str
    """Alipay's word, or `UNSCANNED`."""
    total_minor: int
    paid_count: int
    refunded_minor: int
    refunds: list[Refund]
    notices: list[NoticeView]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What all payers paid and got back."""

    orders: int
    paid_trades: int
    paid_more_than_once: int
    paid_minor: int
    refunds: int
    refunded_minor: int
    refunded_more_than_paid: int
    notices: int
    notices_delivered: int
    notices_given_up: int
    """Never accepted, in all the tries that the channel makes."""


class ControlRefused(Exception):
    """The control request cannot be done; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Control:
    """Answers the control requests; every answer is a struct to be encoded as JSON."""

    def __init__(self, *, book: TradeBook, cashier: Cashier, postman: Postman, faults: Faults) -> None:
        self._book = book
        self._cashier = cashier
        self._postman = postman
        self._faults = faults
        self._acts: dict[str, Callable[[Trade], bool]] = {
            "scan": cashier.scan,
            "pay": cashier.pay,
            "decline": cashier.decline,
            "finish": book.finish,
        }

    def answer(self, method: str, path: str, body: bytes) -> msgspec.Struct:
        """The answer to `method` on `path` (below `/_control/`); raises `ControlRefused`."""
        try:
            match method, path.partition("/")[0], path.partition("/")[2]:
                case "POST", "advance", "":
                    return self._advance(msgspec.json.decode(body, type=Advance))
                case "POST", verb, "" if verb in self._acts:
                    return self._act(verb, msgspec.json.decode(body, type=Which))
                case "GET", "faults", "":
                    return Switches(self._faults.switches)
                case "PUT", "faults", "":
                    self._faults.replace(msgspec.json.decode(body, type=Switches).switches)
                    return Switches(self._faults.switches)
                case "GET", "trades", number if number:
                    return self._view(self._find(Which(out_trade_no=number)))
                case "GET", "summary", "":
                    return self._summary()
                case _:
                    raise ControlRefused(404, f"There is no {method} /_control/{path}.")
        except msgspec.MsgspecError as problem:
            raise ControlRefused(422, str(problem)) from None

    def _advance(self, asked: Advance) -> Summary:
        by = timedelta(seconds=asked.seconds)
        self._book.bring_nearer(by)
        self._postman.bring_nearer(by)
        return self._summary()

    def _act(self, verb: str, which: Which) -> TradeView:
        trade = self._find(which)
        if not self._acts[verb](trade):
            raise ControlRefused(409, f"The order is {_state_of(trade)}: it cannot {verb} now.")
        return self._view(trade)

    def _find(self, which: Which) -> Trade:
        trade = (
            self._book.of_code(which.qr_code.rpartition("/")[2])
            if which.qr_code
            else self._book.of_order(which.out_trade_no)
        )
        if trade is None:
            raise ControlRefused(404, "No order has this code or number.")
        return trade

    def _view(self, trade: Trade) -> TradeView:
        notices = self._postman.by_order.get(trade.out_trade_no, [])
        return TradeView(
            out_trade_no=trade.out_trade_no,
            trade_no=trade.trade_no,
            state=_state_of(trade),
            total_minor=trade.total_minor,
            paid_count=trade.payments,
            refunded_minor=trade.refunded_minor,
            refunds=trade.refunds,
            notices=[NoticeView.of(notice) for notice in notices],
        )

    def _summary(self) -> Summary:
        trades = list(self._book)
        notices = [notice for order in self._postman.by_order.values() for notice in order]
        return Summary(
            orders=len(trades),
            paid_trades=sum(trade.payments > 0 for trade in trades),
            paid_more_than_once=sum(trade.payments > 1 for trade in trades),
            paid_minor=sum(trade.payments * trade.total_minor for trade in trades),
            refunds=sum(len(trade.refunds) for trade in trades),
            refunded_minor=sum(trade.refunded_minor for trade in trades),
            refunded_more_than_paid=sum(
                trade.refunded_minor > trade.payments * trade.total_minor for trade in trades
            ),
            notices=len(notices),
            notices_delivered=sum(notice.delivered for notice in notices),
            notices_given_up=sum(notice.over and not notice.delivered for notice in notices),
        )


def _state_of(trade: Trade) -> str:
    return trade.status.value if trade.status else "UNSCANNED"
