"""What can stand in `biz_content`? As far as it matters here."""

import re
from datetime import UTC, datetime

import msgspec

from tael.foundation.clock import CHINA
from tael.simulators.alipay.refusals import TradeRefused

NO_AMOUNT = msgspec.Raw(b'""')
"""Amounts are taken as they are written, as text or as a number, and never go through a float."""
_AMOUNT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?")
_LARGEST_MINOR = 10_000_000_000
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


class NewTrade(msgspec.Struct, frozen=True, kw_only=True):
    """The content of precreate, pay, create, page.pay, wap.pay and app.pay."""

    out_trade_no: str = ""
    total_amount: msgspec.Raw = NO_AMOUNT
    subject: str = ""
    body: str = ""
    product_code: str = ""
    time_expire: str = ""
    auth_code: str = ""
    scene: str = ""
    buyer_id: str = ""
    buyer_open_id: str = ""


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """By which numbers a call can name what it is about."""

    out_trade_no: str = ""
    trade_no: str = ""
    out_biz_no: str = ""


class AboutTrade(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the methods about a trade that may exist already."""

    out_trade_no: str = ""
    trade_no: str = ""
    out_request_no: str = ""
    refund_amount: msgspec.Raw = NO_AMOUNT
    refund_reason: str = ""


class Royalty(msgspec.Struct, frozen=True, kw_only=True):
    """A part for somebody else."""

    trans_in: str = ""
    trans_in_type: str = "userId"
    amount: msgspec.Raw = NO_AMOUNT
    desc: str = ""
    royalty_type: str = "transfer"


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """The content of alipay.trade.order.settle and its query."""

    out_request_no: str = ""
    trade_no: str = ""
    settle_no: str = ""
    royalty_parameters: list[Royalty] = []


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a transfer."""

    identity: str = ""
    identity_type: str = ""
    name: str | None = None


class NewTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """The content of alipay.fund.trans.uni.transfer and its query."""

    out_biz_no: str = ""
    order_id: str = ""
    trans_amount: msgspec.Raw = NO_AMOUNT
    product_code: str = ""
    biz_scene: str = ""
    order_title: str = ""
    payee_info: Payee = Payee()


class BillAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The content of alipay.data.dataservice.bill.downloadurl.query."""

    bill_type: str = ""
    bill_date: str = ""


def amount_of(written: msgspec.Raw, *, otherwise: str = "ACQ.INVALID_PARAMETER") -> int:
    """`12.80` or `"12.80"` in fen; refuses what is not a positive amount."""
    match = _AMOUNT.fullmatch(bytes(written).decode().strip('"'))
    minor = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else 0
    if not 0 < minor <= _LARGEST_MINOR:
        raise TradeRefused(otherwise)
    return minor


def time_of(text: str) -> datetime:
    """A moment in China's time, in UTC."""
    try:
        return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=CHINA).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TradeRefused("ACQ.INVALID_PARAMETER") from None
