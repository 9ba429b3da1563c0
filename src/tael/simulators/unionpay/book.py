"""What does UnionPay do with a transaction? Pay and refund: each under its own number and time, none of them twice."""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.base import Drawer, Journal

PAYMENT, REFUND, PAYOUT = "01", "04", "12"
SLOW, CLOSED = "622203", "622204"
"""How cards begin to which money goes only when UnionPay's people say so, and those that take none."""
_LARGEST = 999_999_999_999
_SIGNS = {"Zu": "_", "Zh": "-", "ZZ": "Z"}


class Declined(Exception):
    """A message is refused; `code` is the `respCode`."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class Transaction(msgspec.Struct, kw_only=True):
    """A payment or a refund."""

    txn_type: str
    order_id: str
    txn_time: str
    sent: dict[str, str]
    """The message that began it, without its signature."""
    amount: int
    code: str = "05"
    """How it stands: `00` done, `05` not yet, anything else refused so far."""
    query_id: str = ""
    trace_no: str = ""
    handle: str = ""
    """What the payer's page, code or app know it by."""
    expires_at: datetime | None = None
    done_at: datetime | None = None
    times_paid: int = 0

    @property
    def number(self) -> str:
        """The merchant's own number, if it is written in the way in which Tael writes its numbers."""
        return number_of(self.order_id)

    @property
    def done(self) -> bool:
        """Whether the money moved."""
        return self.code == "00"


class Book:
    """All transactions."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._drawer: Drawer[Transaction] = journal.drawer("transaction", Transaction)

    def __iter__(self) -> Iterator[Transaction]:
        """Every transaction, oldest first."""
        return iter(self._drawer.things.values())

    def find(self, order_id: str, txn_time: str) -> Transaction:
        """The transaction of that name; raises `Declined`."""
        found = self._drawer.things.get(f"{order_id}/{txn_time}")
        if found is None:
            raise Declined("34", "查无此交易")
        return found

    def of_order(self, number: str) -> Transaction | None:
        """The payment that has the merchant's number."""
        return next((one for one in self if one.txn_type == PAYMENT and one.number == number), None)

    def of_handle(self, handle: str) -> Transaction | None:
        """The payment behind a page, a code or a `tn`."""
        return next((one for one in self if handle and one.handle == handle), None)

    def given_back(self, payment: Transaction) -> list[Transaction]:
        """The refunds of a payment."""
        return [one for one in self if one.sent.get("origQryId") == payment.query_id and payment.query_id]

    def begin(self, sent: dict[str, str]) -> Transaction:
        """A new order that waits for its payer; raises `Declined` if its number is known today."""
        transaction = self._new(sent, expires_at=_time_of(sent.get("payTimeout", "")))
        transaction.handle = secrets.token_hex(10)
        self._keep(transaction)
        return transaction

    def begin_once(self, sent: dict[str, str]) -> Transaction:
        """As `begin`, but the very same message gives the same order: browsers send a form again."""
        known = self._drawer.things.get(f"{sent['orderId']}/{sent['txnTime']}")
        if known is not None and known.sent == sent:
            return known
        return self.begin(sent)

    def pay(self, payment: Transaction) -> bool:
        """Take the payer's money; False if the order does not wait for it."""
        if payment.done or self.is_over(payment):
            return False
        payment.times_paid += 1
        self._finish(payment)
        return True

    def decline(self, payment: Transaction) -> None:
        """The payer's card is refused; they may try another one."""
        if not payment.done and not self.is_over(payment):
            payment.code = "64"
            self._keep(payment)

    def refund(self, sent: dict[str, str]) -> Transaction:
        """Give money back; raises `Declined`."""
        payment = self._original(sent)
        transaction = self._new(sent)
        back = sum(one.amount for one in self.given_back(payment) if one.done)
        if back == payment.amount:
            raise Declined("45", "原交易已被成功退货或已被成功撤销")
        if transaction.amount > payment.amount - back:
            raise Declined("36", "与原交易信息不符")
        self._finish(transaction)
        return transaction

    def pay_out(self, sent: dict[str, str], card: str) -> Transaction:
        """Send money to a card; raises `Declined` if it cannot be read."""
        if not (card.isdecimal() and 12 <= len(card) <= 19):
            raise Declined("10", "报文格式错误")
        kept = {**sent, "accNo": f"{card[:6]}{'*' * (len(card) - 10)}{card[-4:]}"}
        transaction = self._new(kept)
        if card.startswith(CLOSED):
            transaction.code = "66"
            self._keep(transaction)
        elif card.startswith(SLOW):
            self._keep(transaction)
        else:
            self.carry_out(transaction)
        return transaction

    def carry_out(self, payout: Transaction) -> bool:
        """The money goes; False if it has already, or was refused."""
        if payout.code != "05":
            return False
        payout.times_paid += 1
        self._finish(payout)
        return True

    def turn_down(self, payout: Transaction, *, gone: bool) -> bool:
        """The card's bank does not take it; or, `gone`, sends it back. False if that cannot be."""
        if payout.code != ("00" if gone else "05"):
            return False
        payout.code = "66"
        self._keep(payout)
        return True

    def payout(self, number: str) -> Transaction | None:
        """The payout that has the merchant's number."""
        return next((one for one in self if one.txn_type == PAYOUT and one.number == number), None)

    def is_over(self, payment: Transaction) -> bool:
        """Whether nobody can pay it any more."""
        return payment.expires_at is not None and self._clock.now() >= payment.expires_at

    def bring_nearer(self, by: timedelta) -> None:
        """Let that time have passed."""
        for one in self:
            one.expires_at = one.expires_at - by if one.expires_at else None
            one.done_at = one.done_at - by if one.done_at else None
            self._keep(one)

    def _original(self, sent: dict[str, str]) -> Transaction:
        original = sent.get("origQryId", "")
        payment = next((one for one in self if original and one.query_id == original), None)
        if payment is None or payment.txn_type != PAYMENT or not payment.done:
            raise Declined("35", "原交易不存在或状态不正确")
        return payment

    def _new(self, sent: dict[str, str], *, expires_at: datetime | None = None) -> Transaction:
        order_id, txn_time, amount = sent["orderId"], sent["txnTime"], sent.get("txnAmt", "")
        day = txn_time[:8]
        if any(one.order_id == order_id and one.txn_time[:8] == day for one in self):
            raise Declined("12", "重复交易")
        if not (amount.isdecimal() and 0 < int(amount) <= _LARGEST) or sent.get("currencyCode") != "156":
            raise Declined("10", "报文格式错误")
        return Transaction(
            txn_type=sent["txnType"],
            order_id=order_id,
            txn_time=txn_time,
            sent=sent,
            amount=int(amount),
            expires_at=expires_at,
        )

    def _finish(self, transaction: Transaction) -> None:
        now = self._clock.now()
        transaction.code, transaction.done_at = "00", now
        transaction.trace_no = f"{secrets.randbelow(10**6):06}"
        transaction.query_id = f"{now.astimezone(CHINA):%Y%m%d%H%M%S}{secrets.randbelow(10**7):07}"
        self._keep(transaction)

    def _keep(self, transaction: Transaction) -> None:
        self._drawer.keep(f"{transaction.order_id}/{transaction.txn_time}", transaction)


def number_of(order_id: str) -> str:
    """The merchant's own number, from what UnionPay's rules let them write: no `_`, no `-`."""
    return re.sub("Z[uhZ]", lambda sign: _SIGNS[sign[0]], order_id)


def _time_of(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA).astimezone(UTC)
    except ValueError:
        raise Declined("10", "报文格式错误") from None
