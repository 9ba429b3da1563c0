"""What does each verb do to a trade? The book of a payment service, as Alipay documents its own.

A code or a cashier's page is made before there is a trade: the trade begins when a payer scans the code or opens the
page. Unpaid trades end at their `time_expire`; that is noticed when somebody looks, since nobody is told.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from tael.foundation.clock import CHINA, Clock
from tael.simulators.alipay.contents import NewTrade, Royalty, amount_of, time_of
from tael.simulators.alipay.refusals import TradeRefused
from tael.simulators.base import Drawer

CODE_LIFETIME = timedelta(hours=2)
BARCODE = "alipay.trade.pay"


class TradeStatus(StrEnum):
    """Alipay's four words."""

    WAIT_BUYER_PAY = "WAIT_BUYER_PAY"
    TRADE_SUCCESS = "TRADE_SUCCESS"
    TRADE_FINISHED = "TRADE_FINISHED"
    TRADE_CLOSED = "TRADE_CLOSED"


class Refund(msgspec.Struct, kw_only=True):
    """Money given back, under the merchant's number."""

    out_request_no: str
    amount_minor: int
    reason: str
    at: datetime


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a trade that went to somebody else."""

    trans_in: str
    trans_in_type: str
    amount_minor: int


class Split(msgspec.Struct, kw_only=True):
    """Parts of a trade, under the merchant's number."""

    out_request_no: str
    settle_no: str
    shares: list[Share]
    at: datetime

    @property
    def amount_minor(self) -> int:
        """All parts together."""
        return sum(share.amount_minor for share in self.shares)


class Trade(msgspec.Struct, kw_only=True):
    """One order number of the merchant; `status` is None until somebody scans the code or opens the page."""

    out_trade_no: str
    method: str
    """The method that made it."""
    total_minor: int
    subject: str
    body: str
    notify_url: str
    return_url: str
    charset: str
    code: str
    """What the QR code or the page's address ends with; for a barcode, what the payer showed."""
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
    splits: list[Split] = []

    @property
    def refunded_minor(self) -> int:
        """All that was given back."""
        return sum(refund.amount_minor for refund in self.refunds)

    @property
    def shared_minor(self) -> int:
        """All that went to others."""
        return sum(split.amount_minor for split in self.splits)

    @property
    def was_paid(self) -> bool:
        """Whether the payer's money was ever taken."""
        return self.paid_at is not None


class TradeBook:
    """All trades; each is kept after every change, before anybody is answered."""

    def __init__(self, clock: Clock, drawer: Drawer[Trade]) -> None:
        self._clock = clock
        self._drawer = drawer
        self._by_order = drawer.things
        self._by_code = {trade.code: trade for trade in self._by_order.values()}
        self._by_number = {trade.trade_no: trade for trade in self._by_order.values() if trade.trade_no}

    def __iter__(self) -> Iterator[Trade]:
        """Every trade, oldest first."""
        return iter(self._by_order.values())

    # What the merchant asks through the gateway

    def begin(
        self,
        asked: NewTrade,
        *,
        method: str,
        notify_url: str = "",
        return_url: str = "",
        charset: str = "utf-8",
    ) -> Trade:
        """Make an order; the same one again is the same, another one under its number is refused."""
        total_minor = amount_of(asked.total_amount)
        if not asked.out_trade_no or len(asked.out_trade_no) > 64 or not asked.subject:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        known = self._by_order.get(asked.out_trade_no)
        if known is not None:
            return self._same_again(known, asked, total_minor, method)
        code = asked.auth_code or secrets.token_hex(8)
        if code in self._by_code:
            raise TradeRefused("ACQ.PAYMENT_AUTH_CODE_INVALID")
        now = self._clock.now()
        expires_at = time_of(asked.time_expire) if asked.time_expire else now + CODE_LIFETIME
        if expires_at <= now:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        trade = Trade(
            out_trade_no=asked.out_trade_no,
            method=method,
            total_minor=total_minor,
            subject=asked.subject,
            body=asked.body,
            notify_url=notify_url,
            return_url=return_url,
            charset=charset,
            code=code,
            created_at=now,
            code_expires_at=now + CODE_LIFETIME,
            expires_at=expires_at,
        )
        self._by_code[code] = trade
        self._keep(trade)
        return trade

    def _same_again(self, known: Trade, asked: NewTrade, total_minor: int, method: str) -> Trade:
        self._end_if_expired(known)
        if (known.total_minor, known.subject, known.body, known.method) != (
            total_minor,
            asked.subject,
            asked.body,
            method,
        ):
            raise TradeRefused("ACQ.CONTEXT_INCONSISTENT")
        if known.was_paid:
            raise TradeRefused("ACQ.TRADE_HAS_SUCCESS")
        if known.status is TradeStatus.TRADE_CLOSED:
            raise TradeRefused("ACQ.TRADE_HAS_CLOSE")
        return known

    def find(self, out_trade_no: str, trade_no: str = "") -> Trade:
        """The trade, if it has begun; the trade number counts if both are given."""
        if not out_trade_no and not trade_no:
            raise TradeRefused("ACQ.INVALID_PARAMETER")
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
        trade.refunds.append(
            Refund(
                out_request_no=out_request_no,
                amount_minor=amount_minor,
                reason=reason,
                at=self._clock.now(),
            )
        )
        if trade.refunded_minor == trade.total_minor:
            self._end(trade)
        else:
            self._keep(trade)
        return True

    def split(self, trade: Trade, *, out_request_no: str, royalties: Sequence[Royalty]) -> Split:
        """Share the money; the same number with the same parts is the same split."""
        if not out_request_no or not royalties or any(not royalty.trans_in for royalty in royalties):
            raise TradeRefused("ACQ.INVALID_PARAMETER")
        shares = [
            Share(
                trans_in=royalty.trans_in,
                trans_in_type=royalty.trans_in_type,
                amount_minor=amount_of(royalty.amount),
            )
            for royalty in royalties
        ]
        for split in trade.splits:
            if split.out_request_no == out_request_no:
                if split.shares != shares:
                    raise TradeRefused("ACQ.DISCORDANT_REPEAT_REQUEST")
                return split
        if trade.status is not TradeStatus.TRADE_SUCCESS:
            raise TradeRefused("ACQ.TRADE_STATUS_ERROR")
        left_minor = trade.total_minor - trade.refunded_minor - trade.shared_minor
        if sum(share.amount_minor for share in shares) > left_minor:
            raise TradeRefused("ACQ.ALLOC_AMOUNT_VALIDATE_ERROR")
        now = self._clock.now()
        number = f"{now.astimezone(CHINA):%Y%m%d}0025{secrets.randbelow(10**20):020}"
        split = Split(out_request_no=out_request_no, settle_no=number, shares=shares, at=now)
        trade.splits.append(split)
        self._keep(trade)
        return split

    # What the payer does

    def of_code(self, code: str) -> Trade | None:
        """The trade or the order of a code."""
        trade = self._by_code.get(code)
        if trade is not None:
            self._end_if_expired(trade)
        return trade

    def of_order(self, out_trade_no: str) -> Trade | None:
        """The trade of an order number, begun or not: for the operator, not for the merchant."""
        trade = self._by_order.get(out_trade_no)
        if trade is not None:
            self._end_if_expired(trade)
        return trade

    def of_number(self, trade_no: str) -> Trade | None:
        """The trade of Alipay's own number, for the operator and the wallet."""
        return self._by_number.get(trade_no)

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
        """Let that time have passed: deadlines come nearer, what happened lies so much further back."""
        for trade in self._by_order.values():
            trade.expires_at -= by
            trade.code_expires_at -= by
            trade.created_at -= by
            trade.paid_at = trade.paid_at and trade.paid_at - by
            trade.closed_at = trade.closed_at and trade.closed_at - by
            for refund in trade.refunds:
                refund.at -= by
            for split in trade.splits:
                split.at -= by
            self._keep(trade)

    def _end_if_expired(self, trade: Trade) -> None:
        if trade.status is TradeStatus.WAIT_BUYER_PAY and self._clock.now() >= trade.expires_at:
            self._end(trade)

    def _end(self, trade: Trade) -> None:
        trade.status, trade.closed_at = TradeStatus.TRADE_CLOSED, self._clock.now()
        self._keep(trade)

    def _keep(self, trade: Trade) -> None:
        self._drawer.keep(trade.out_trade_no, trade)
