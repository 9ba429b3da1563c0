"""What does each verb do to a trade? The book of a payment service, as Alipay documents its own.

A code is made (`precreate`) before there is a trade: the trade begins when a payer scans. Unpaid trades end
at their `time_expire`; that is noticed when somebody looks, since nobody is told.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.alipay.refusals import TradeRefused

NO_AMOUNT = msgspec.Raw(b'""')
"""Amounts are taken as they are written, as text or as a number, and never go through a float."""
CODE_LIFETIME = timedelta(hours=2)
_AMOUNT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?")
_LARGEST_MINOR = 10_000_000_000
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


class TradeStatus(StrEnum):
    """Alipay's four words."""

    WAIT_BUYER_PAY = "WAIT_BUYER_PAY"
    TRADE_SUCCESS = "TRADE_SUCCESS"
    TRADE_FINISHED = "TRADE_FINISHED"
    TRADE_CLOSED = "TRADE_CLOSED"


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back, under the merchant's number."""

    out_request_no: str
    amount_minor: int
    reason: str
    at: datetime


class Trade(msgspec.Struct, kw_only=True):
    """One order number of the merchant; `status` is None until somebody scans the code."""

    out_trade_no: str
    total_minor: int
    subject: str
    body: str
    notify_url: str
    charset: str
    code: str
    created_at: datetime
    code_expires_at: datetime
    expires_at: datetime
    trade_no: str | None = None
    status: TradeStatus | None = None
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    payments: int = 0
    """How often the payer's money was taken: never more than once."""
    refunds: list[Refund] = []

    @property
    def refunded_minor(self) -> int:
        """All that was given back."""
        return sum(refund.amount_minor for refund in self.refunds)

    @property
    def was_paid(self) -> bool:
        """Whether the payer's money was ever taken."""
        return self.paid_at is not None


class Precreation(msgspec.Struct, frozen=True, kw_only=True):
    """The content of alipay.trade.precreate, as far as it matters here."""

    out_trade_no: str = ""
    total_amount: msgspec.Raw = NO_AMOUNT
    subject: str = ""
    body: str = ""
    product_code: str = ""
    time_expire: str = ""


class TradeBook:
    """All trades; `keep` is called with a trade after every change, before anybody is answered."""

    def __init__(self, clock: Clock, keep: Callable[[Trade], None], trades: Iterable[Trade] = ()) -> None:
        self._clock = clock
        self._keep = keep
        self._by_order = {trade.out_trade_no: trade for trade in trades}
        self._by_code = {trade.code: trade for trade in self._by_order.values()}
        self._by_number = {trade.trade_no: trade for trade in self._by_order.values() if trade.trade_no}

    def __iter__(self) -> Iterator[Trade]:
        """Every trade, oldest first."""
        return iter(self._by_order.values())

    # What the merchant asks through the gateway

    def precreate(self, content: Precreation, *, notify_url: str, charset: str) -> Trade:
        """Make a code; the same order again gets the same code, another order under its number is refused."""
        total_minor = amount_of(content.total_amount)
        if not content.out_trade_no or len(content.out_trade_no) > 64 or not content.subject:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        known = self._by_order.get(content.out_trade_no)
        if known is not None:
            self._end_if_expired(known)
            if (known.total_minor, known.subject, known.body) != (total_minor, content.subject, content.body):
                raise TradeRefused("ACQ.CONTEXT_INCONSISTENT")
            if known.was_paid:
                raise TradeRefused("ACQ.TRADE_HAS_SUCCESS")
            if known.status is TradeStatus.TRADE_CLOSED:
                raise TradeRefused("ACQ.TRADE_HAS_CLOSE")
            return known
        now = self._clock.now()
        expires_at = _time_of(content.time_expire) if content.time_expire else now + CODE_LIFETIME
        if expires_at <= now:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        trade = Trade(
            out_trade_no=content.out_trade_no,
            total_minor=total_minor,
            subject=content.subject,
            body=content.body,
            notify_url=notify_url,
            charset=charset,
            code=secrets.token_hex(8),
            created_at=now,
            code_expires_at=now + CODE_LIFETIME,
            expires_at=expires_at,
        )
        self._by_order[trade.out_trade_no] = trade
        self._by_code[trade.code] = trade
        self._keep(trade)
        return trade

    def find(self, out_trade_no: str, trade_no: str = "") -> Trade:
        """The trade, if somebody has scanned its code; the trade number counts if both are given."""
        trade = self._by_number.get(trade_no) if trade_no else self._by_order.get(out_trade_no)
        if trade is None or trade.status is None:
            raise TradeRefused("ACQ.TRADE_NOT_EXIST")
        self._end_if_expired(trade)
        return trade

    def close(self, trade: Trade) -> None:
        """End an unpaid trade."""
        if trade.status is not TradeStatus.WAIT_BUYER_PAY:
            raise TradeRefused("ACQ.TRADE_STATUS_ERROR")
        self._end(trade)

    def cancel(self, trade: Trade) -> str:
        """End a trade whatever its state; gives `close` or `refund`, the same again when repeated."""
        if trade.status is TradeStatus.TRADE_FINISHED:
            raise TradeRefused("ACQ.TRADE_HAS_FINISHED")
        if trade.status is TradeStatus.WAIT_BUYER_PAY:
            self._end(trade)
        elif trade.status is TradeStatus.TRADE_SUCCESS:
            if trade.refunds:
                raise TradeRefused("ACQ.REASON_TRADE_REFUND_FEE_ERR")
            self.refund(trade, out_request_no=f"cancel_{trade.trade_no}", amount_minor=trade.total_minor)
        return "refund" if trade.was_paid else "close"

    def refund(self, trade: Trade, *, out_request_no: str, amount_minor: int, reason: str = "") -> bool:
        """Give money back; False if this number gave it back before (the same amount, or it is refused)."""
        for refund in trade.refunds:
            if refund.out_request_no == out_request_no:
                if refund.amount_minor != amount_minor:
                    raise TradeRefused("ACQ.DISCORDANT_REPEAT_REQUEST")
                return False
        if trade.status is TradeStatus.TRADE_FINISHED:
            raise TradeRefused("ACQ.TRADE_HAS_FINISHED")
        if trade.status is not TradeStatus.TRADE_SUCCESS:
            raise TradeRefused("ACQ.TRADE_STATUS_ERROR")
        if amount_minor > trade.total_minor - trade.refunded_minor:
            raise TradeRefused("ACQ.REASON_TRADE_REFUND_FEE_ERR")
        now = self._clock.now()
        trade.refunds.append(
            Refund(out_request_no=out_request_no, amount_minor=amount_minor, reason=reason, at=now)
        )
        if trade.refunded_minor == trade.total_minor:
            self._end(trade)
        else:
            self._keep(trade)
        return True

    # What the payer does

    def of_code(self, code: str) -> Trade | None:
        """The trade or the order of a code."""
        trade = self._by_code.get(code)
        if trade is not None:
            self._end_if_expired(trade)
        return trade

    def of_order(self, out_trade_no: str) -> Trade | None:
        """The trade of an order number, scanned or not: for the operator, not for the merchant."""
        trade = self._by_order.get(out_trade_no)
        if trade is not None:
            self._end_if_expired(trade)
        return trade

    def may_scan(self, trade: Trade) -> bool:
        """Whether an unscanned code is still good."""
        return self._clock.now() < min(trade.code_expires_at, trade.expires_at)

    def scan(self, trade: Trade, *, late: bool = False) -> None:
        """Begin the trade, if the code is still good (or `late` says that it does not matter)."""
        if trade.status is not None or not (late or self.may_scan(trade)):
            return
        trade.status = TradeStatus.WAIT_BUYER_PAY
        trade.trade_no = f"{self._clock.now().astimezone(CHINA):%Y%m%d}22001{secrets.randbelow(10**15):015}"
        self._by_number[trade.trade_no] = trade
        self._keep(trade)

    def pay(self, trade: Trade, *, late: bool = False) -> bool:
        """Take the payer's money; False if the trade does not wait for it (`late`: or has ended unpaid)."""
        ended_unpaid = trade.status is TradeStatus.TRADE_CLOSED and not trade.was_paid
        if trade.status is not TradeStatus.WAIT_BUYER_PAY and not (late and ended_unpaid):
            return False
        trade.status, trade.paid_at, trade.closed_at = TradeStatus.TRADE_SUCCESS, self._clock.now(), None
        trade.payments += 1
        self._keep(trade)
        return True

    # What the operator does

    def finish(self, trade: Trade) -> bool:
        """Let the time for refunds be over."""
        if trade.status is not TradeStatus.TRADE_SUCCESS:
            return False
        trade.status = TradeStatus.TRADE_FINISHED
        self._keep(trade)
        return True

    def bring_nearer(self, by: timedelta) -> None:
        """Let every deadline come nearer, as if that time had passed."""
        for trade in self._by_order.values():
            trade.expires_at -= by
            trade.code_expires_at -= by
            self._keep(trade)

    def _end_if_expired(self, trade: Trade) -> None:
        if trade.status is TradeStatus.WAIT_BUYER_PAY and self._clock.now() >= trade.expires_at:
            self._end(trade)

    def _end(self, trade: Trade) -> None:
        trade.status, trade.closed_at = TradeStatus.TRADE_CLOSED, self._clock.now()
        self._keep(trade)


def amount_of(written: msgspec.Raw) -> int:
    """`12.80` or `"12.80"` in fen; refuses what is not a positive amount."""
    match = _AMOUNT.fullmatch(bytes(written).decode().strip('"'))
    minor = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else 0
    if not 0 < minor <= _LARGEST_MINOR:
        raise TradeRefused("ACQ.INVALID_PARAMETER")
    return minor


def _time_of(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=CHINA).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TradeRefused("ACQ.INVALID_PARAMETER") from None
