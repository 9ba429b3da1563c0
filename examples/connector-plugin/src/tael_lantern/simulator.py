"""How does Lantern behave? A stand-in on the base of Tael's simulators: this file is all that is Lantern's own."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tael.simulators.base import (
    OF_ANY_POSTMAN,
    OF_ANY_WIRE,
    PAYING,
    Act,
    Answer,
    Call,
    Fault,
    Letter,
    Notice,
    OrderView,
    Postman,
    Refused,
    SimulatedChannel,
    Stage,
    write_private,
)
from tael.simulators.registry import Simulator
from tael_lantern.book import Book, Order, Refund
from tael_lantern.book import Fault as No
from tael_lantern.signatures import SIGNATURE, TIME, Untrusted, check, sign, write_time

MERCHANT = "lantern-shop"
_WRONG = (Fault.WRONG_AMOUNT, Fault.WRONG_MERCHANT, Fault.WRONG_ORDER)
_STATUS = {"order_unknown": 404, "refund_unknown": 404, "system_error": 500}


class _NewOrder(msgspec.Struct, forbid_unknown_fields=True):
    order: str
    amount: int
    subject: str
    expires_at: int
    notice_url: str


class _NewRefund(msgspec.Struct, forbid_unknown_fields=True):
    refund: str
    amount: int
    reason: str


def _secret_in(home: Path) -> str:
    file = home / "secret"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(file, secrets.token_hex(32).encode())
    return file.read_text()


class LanternSimulator(SimulatedChannel):
    """Lantern, played."""

    name = "lantern"
    words: Mapping[str, Mapping[str, str]] = {"zh": {"title": "灯笼钱包"}, "en": {"title": "Lantern"}}
    offers = (
        OF_ANY_WIRE
        | OF_ANY_POSTMAN
        | {
            *_WRONG,
            Fault.WRONG_SIGNATURE,
            Fault.SYSTEM_ERROR_BEFORE,
            Fault.SYSTEM_ERROR_AFTER,
            Fault.BALANCE_NOT_ENOUGH,
            Fault.LATE_SUCCESS,
            Fault.OUT_OF_ORDER,
        }
    )
    methods = ("order", "inquire", "close", "refund", "inquire_refund", "ping")

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._secret = _secret_in(stage.home)
        self._book = Book(stage.journal.drawer("order", Order))
        self.postman = self._mail = Postman(
            _Delivery(self._secret),
            clock=stage.clock,
            speed=stage.speed,
            faults=stage.faults,
            journal=stage.journal,
            new_id=lambda _: secrets.token_hex(8),
        )
        self.acts = {"pay": self._pay}

    async def answer(self, call: Call) -> Answer | None:
        """One call of a merchant."""
        if not call.path.startswith("/v1/"):
            return None
        now = self._stage.clock.now()
        asked = f"{call.method} {call.path} {call.headers.get(SIGNATURE, '')}"
        try:
            if call.headers.get("lantern-merchant") != MERCHANT:
                raise Untrusted("there is no such merchant")
            parts = ("request", MERCHANT, call.method, call.path)
            check(call.headers, [self._secret], *parts, body=call.body, now=now)
        except Untrusted as problem:
            body = msgspec.json.encode({"merchant": "", "error": "not_believed", "message": str(problem)})
            return Answer(status=401, body=body)
        self._book.end_what_is_over(now)
        method, order = self._name(call)
        content = self._do(call, method, order)
        return self._signed(content, asked, order=order, method=method)

    def orders(self) -> Iterable[OrderView]:
        """Every order."""
        return [order.view() for order in self._book.all()]

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        self._book.bring_nearer(by)

    def _name(self, call: Call) -> tuple[str, str]:
        """By what fault switches know the call: the verb and the order's number."""
        parts = call.path.removeprefix("/v1/").split("/")
        match call.method, parts:
            case "POST", ["orders"]:
                content = msgspec.json.decode(call.body) if call.body else {}
                return "order", str(content.get("order", ""))
            case "GET", ["orders", number]:
                return "inquire", number
            case "POST", ["orders", number, "close"]:
                return "close", number
            case "POST", ["orders", number, "refunds"]:
                return "refund", number
            case "GET", ["orders", number, "refunds", _]:
                return "inquire_refund", number
            case _:
                return "ping", ""

    def _do(self, call: Call, method: str, number: str) -> dict[str, Any]:
        """What Lantern does, and says."""
        strikes = self._stage.faults.strikes
        if strikes(Fault.SYSTEM_ERROR_BEFORE, order=number, method=method):
            return {"error": "system_error"}
        if method == "refund" and strikes(Fault.BALANCE_NOT_ENOUGH, order=number, method=method):
            return {"error": "balance_not_enough"}
        try:
            content = self._verbs()[method](call, number)
        except No as no:
            return {"error": str(no)}
        except (msgspec.MsgspecError, ValueError, OverflowError):
            return {"error": "bad_request"}
        if strikes(Fault.SYSTEM_ERROR_AFTER, order=number, method=method):
            return {"error": "system_error"}
        return content

    def _verbs(self) -> Mapping[str, Callable[[Call, str], dict[str, Any]]]:
        return {
            "order": self._open,
            "inquire": lambda _, number: _told(self._book.find(number)),
            "close": lambda _, number: _told(self._book.close(number)),
            "refund": self._give_back,
            "inquire_refund": self._inquire_refund,
            "ping": lambda *_: {},
        }

    def _open(self, call: Call, _: str) -> dict[str, Any]:
        wanted = msgspec.json.decode(call.body, type=_NewOrder)
        code = f"{self._stage.url}/pay/{secrets.token_hex(8)}"
        expires_at = datetime.fromtimestamp(wanted.expires_at, UTC)
        order = Order(wanted.order, code, wanted.amount, wanted.subject, wanted.notice_url, expires_at)
        return _told(self._book.open(order))

    def _give_back(self, call: Call, number: str) -> dict[str, Any]:
        wanted = msgspec.json.decode(call.body, type=_NewRefund)
        now = self._stage.clock.now()
        refund = self._book.give_back(number, Refund(wanted.refund, wanted.amount, now))
        return {"order": number, "refund": refund.number, "amount": refund.amount, "state": "done"}

    def _inquire_refund(self, call: Call, number: str) -> dict[str, Any]:
        wanted = call.path.rpartition("/")[2]
        for refund in self._book.find(number).refunds:
            if refund.number == wanted:
                return {"order": number, "refund": wanted, "amount": refund.amount, "state": "done"}
        raise No("refund_unknown")

    def _signed(self, content: dict[str, Any], asked: str, *, order: str, method: str) -> Answer:
        faults = self._stage.faults
        wrong = faults.striking((*_WRONG, Fault.WRONG_SIGNATURE), order=order, method=method)
        body = msgspec.json.encode(_spoil({"merchant": MERCHANT, **content}, wrong))
        status = _STATUS.get(content.get("error", ""), 409) if "error" in content else 200
        time = write_time(faults.channel_time(self._stage.clock.now(), order=order, method=method))
        signature = sign(self._secret, "answer", asked, str(status), time, body=body)
        if Fault.WRONG_SIGNATURE in wrong:
            signature = signature[::-1]
        headers = {TIME: time, SIGNATURE: signature}
        return Answer(status=status, body=body, headers=headers, order=order, method=method)

    def _pay(self, upon: Act) -> OrderView:
        found = [order for order in self._book.all() if upon.order == order.number or upon.code == order.code]
        if not found:
            raise Refused(404, "There is no such order.")
        order = found[0]
        late = self._stage.faults.is_on(Fault.LATE_SUCCESS, order=order.number, method=PAYING)
        if self._book.pay(order, now=self._stage.clock.now(), however_late=late):
            self._mail.post(_told(order), about=order.number, kind="paid", url=order.notice_url)
        return order.view()


class _Delivery:
    """How Lantern's notices are written: at once, then after 1, 5 and 30 minutes, until it hears `lit`."""

    waits: Sequence[timedelta] = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30))

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def write(self, notice: Notice, *, now: datetime, wrong: frozenset[Fault]) -> Letter:
        """Signed at the moment of sending."""
        content = {"merchant": MERCHANT, "notice": notice.notice_id, **notice.content}
        body = msgspec.json.encode(_spoil(content, wrong))
        time = write_time(now)
        signature = sign(self._secret, "notice", time, body=body)
        if Fault.WRONG_SIGNATURE in wrong:
            signature = signature[::-1]
        return Letter(
            headers={TIME: time, SIGNATURE: signature, "content-type": "application/json"}, body=body
        )

    def accepted(self, status: int, body: bytes) -> bool:
        """Whether the merchant lit the lantern."""
        return status == 200 and body == b"lit"

    def older(self, notice: Notice, *, now: datetime) -> Sequence[tuple[str, dict[str, Any]]]:
        """What was true before."""
        if notice.kind != "paid":
            return []
        return [("open", {**notice.content, "state": "open", "paid_at": None})]


def _told(order: Order) -> dict[str, Any]:
    return {
        "order": order.number,
        "amount": order.amount,
        "state": order.state,
        "code": order.code,
        "paid_at": order.paid_at and int(order.paid_at.timestamp()),
    }


def _spoil(content: dict[str, Any], wrong: frozenset[Fault]) -> dict[str, Any]:
    content = dict(content)
    if Fault.WRONG_AMOUNT in wrong and "amount" in content:
        content["amount"] += 1
    if Fault.WRONG_MERCHANT in wrong:
        content["merchant"] = "somebody-else"
    if Fault.WRONG_ORDER in wrong and "order" in content:
        content["order"] += "x"
    return content


SIMULATOR = Simulator(
    connector="lantern",
    opens=LanternSimulator,
    settings=lambda _, url: {"base_url": url, "merchant": MERCHANT},
    credentials=lambda home, _: {"secrets": _secret_in(home)},
)
"""Lantern, as Tael's tests, demo and acceptance kit find it."""
