"""What do WeChat Pay's records of a day say, and are they whole?

A record is CSV behind gzip: UTF-8, a line of headings, one line for each thing with a backtick before every
value, then a line of headings for the totals and the totals. Columns are found by their headings. The SHA-1
that the signed answer names covers the text before it was packed; number and sums are checked besides.

Amounts are in yuan. The fee has five decimals: its sum is compared exactly, and each fee is rounded half up to
a fen.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from tael.channels.connectors.wechatpay.values import CURRENCY, read_words
from tael.channels.errors import BillRefused
from tael.channels.port import Bill, BillKind, BillLine, BillWanted, LineKind
from tael.foundation.clock import CHINA
from tael.foundation.money import Money

LARGEST_FILE = 100_000_000
"""Packed, in bytes."""
LARGEST_TEXT = 1_000_000_000
GZIP_MAGIC = b"\x1f\x8b"

_DECIMAL = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,5}))?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_PARTS_OF_A_FEN = 1_000
"""Five decimals of a yuan are thousandths of a fen."""

Row = Mapping[str, str]


class BillAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record lies, and its hash; the answer that says so is signed."""

    download_url: str
    hash_type: str
    hash_value: str


def read_bill(wanted: BillWanted, content: bytes, address: BillAddress) -> Bill:
    """The record, if it is whole; raises `BillRefused`."""
    text = _unpack(content)
    digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    if address.hash_type != "SHA1" or digest != address.hash_value.lower():
        raise BillRefused("The record is not the one whose hash WeChat Pay named.")
    rows, totals = _read_table(text)
    read = _read_trades if wanted.kind is BillKind.TRADES else _read_funds
    return Bill(
        wanted=wanted,
        file_name=f"wechatpay_{wanted.kind}_{wanted.day:%Y%m%d}.csv.gz",
        content=content,
        lines=read(rows, totals),
    )


def _unpack(content: bytes) -> bytes:
    """The text; whoever carried it may have unpacked it already."""
    if not content.startswith(GZIP_MAGIC):
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(content, LARGEST_TEXT)
    except zlib.error:
        raise BillRefused("The record cannot be unpacked.") from None
    if unpacker.unconsumed_tail or not unpacker.eof or unpacker.unused_data:
        raise BillRefused("The record breaks off, or is longer than we read.")
    return text


def _read_table(text: bytes) -> tuple[list[Row], Row]:
    """The lines by their headings, and the totals by theirs."""
    try:
        lines = text.decode("utf-8-sig").replace("\r", "").split("\n")
    except UnicodeDecodeError:
        raise BillRefused("The record is not written in UTF-8.") from None
    lines = [line for line in lines if line]
    if len(lines) < 3 or lines[0].startswith("`") or lines[-2].startswith("`"):
        raise BillRefused("The record has no headings, or no totals.")
    return _named(lines[0], lines[1:-2]), _named(lines[-2], lines[-1:])[0]


def _named(headings: str, lines: Sequence[str]) -> list[Row]:
    """Lines by their headings. A backtick begins each value, so a comma in words ends none."""
    names = [name.strip() for name in headings.split(",")]
    table = [line[1:].split(",`") for line in lines]
    if not all(line.startswith("`") for line in lines) or any(len(row) != len(names) for row in table):
        raise BillRefused("A line of the record does not fit its headings.")
    return [dict(zip(names, row, strict=True)) for row in table]


def _read_trades(rows: Sequence[Row], totals: Row) -> list[BillLine]:
    lines = [_trade_line(row) for row in rows]
    _check(totals, "总交易单数", len(rows) * 100 * _PARTS_OF_A_FEN)
    for total, column in (
        ("应结订单总金额", "应结订单金额"),
        ("退款总金额", "退款金额"),
        ("充值券退款总金额", "充值券退款金额"),
        ("手续费总金额", "手续费"),
        ("订单总金额", "订单金额"),
        ("申请退款总金额", "申请退款金额"),
    ):
        _check(totals, total, _sum(rows, column))
    return lines


def _trade_line(row: Row) -> BillLine:
    """A payment, or money given back; a cancelled order (`REVOKED`) is money given back, too."""
    state = _of(row, "交易状态")
    paid = state == "SUCCESS"
    if state not in ("SUCCESS", "REFUND", "REVOKED"):
        raise BillRefused(f"The record holds a state that we do not know: {state[:32]!r}.")
    if _of(row, "货币种类") != CURRENCY:
        raise BillRefused("The record holds another currency.")
    amount = _fen(row, "订单金额") if paid else -_fen(row, "申请退款金额")
    return BillLine(
        kind=LineKind.PAYMENT if paid else LineKind.REFUND,
        amount=Money(amount, CURRENCY),
        fee=Money(_fen(row, "手续费"), CURRENCY),
        order_number=_of(row, "商户订单号"),
        refund_number=_number(row, "商户退款单号"),
        channel_reference=_number(row, "微信订单号") if paid else _number(row, "微信退款单号"),
        happened_at=_time(row, "交易时间"),
        status=state if paid else _of(row, "退款状态") or state,
        description=read_words(_of(row, "商品名称")) or "",
    )


_KINDS = (
    ("手续费", LineKind.FEE),
    ("分账", LineKind.SPLIT),
    ("退款", LineKind.REFUND),
    ("转账", LineKind.PAYOUT),
    ("付款", LineKind.PAYOUT),
    ("交易", LineKind.PAYMENT),
)
"""What a movement is about, by a word in its `业务类型`; the first that fits."""


def _read_funds(rows: Sequence[Row], totals: Row) -> list[BillLine]:
    lines = [_funds_line(row) for row in rows]
    came, went = ([row for row in rows if _of(row, "收支类型") == way] for way in ("收入", "支出"))
    _check(totals, "资金流水总笔数", len(rows) * 100 * _PARTS_OF_A_FEN)
    for way, those in (("收入", came), ("支出", went)):
        _check(totals, f"{way}笔数", len(those) * 100 * _PARTS_OF_A_FEN)
        _check(totals, f"{way}金额", _sum(those, "收支金额(元)"))
    return lines


def _funds_line(row: Row) -> BillLine:
    """A movement. `channel_reference` is the order's number at WeChat Pay wherever the line tells it."""
    way, what = _of(row, "收支类型"), _of(row, "业务类型")
    if way not in ("收入", "支出"):
        raise BillRefused(f"The record holds a direction that we do not know: {way[:32]!r}.")
    kind = next((kind for word, kind in _KINDS if word in what), LineKind.OTHER)
    moved = _fen(row, "收支金额(元)")
    amount, fee = (moved, None) if way == "收入" else (-moved, None)
    number, voucher, remark = _number(row, "微信支付业务单号"), _number(row, "业务凭证号"), _of(row, "备注")
    of_refund = kind is LineKind.REFUND and voucher.startswith(_VOUCHER_OF_REFUND)
    if kind is LineKind.REFUND:
        amount, fee = _refund_and_fee(amount, remark)
    about_order = kind in (LineKind.PAYMENT, LineKind.FEE)
    return BillLine(
        kind=kind,
        amount=Money(amount, CURRENCY),
        fee=None if fee is None else Money(fee, CURRENCY),
        order_number=voucher if about_order else "",
        refund_number="" if about_order or of_refund else voucher,
        channel_reference=voucher.removeprefix(_VOUCHER_OF_REFUND) if of_refund else number,
        happened_at=_time(row, "记账时间"),
        status=what,
        balance=Money(_fen(row, "账户结余(元)"), CURRENCY),
        description=read_words(f"{number} {remark}" if of_refund else remark) or "",
    )


_VOUCHER_OF_REFUND = "REF"
_REFUND_AND_FEE = re.compile(r"退款总金额([0-9]{1,13}\.[0-9]{2})元;含手续费([0-9]{1,13}\.[0-9]{2})元")


def _refund_and_fee(moved: int, remark: str) -> tuple[int, int | None]:
    """What the payer got back, and what of the fee came back to us: the line itself says only the difference."""
    match = _REFUND_AND_FEE.search(remark)
    if match is None:
        return moved, None
    gross, fee = (int(text.replace(".", "")) for text in match.groups())
    return (-gross, -fee) if fee - gross == moved else (moved, None)


def _of(row: Row, column: str) -> str:
    try:
        return row[column].strip()
    except KeyError:
        raise BillRefused(f"The record has no column {column}.") from None


def _number(row: Row, column: str) -> str:
    """A number; WeChat Pay writes `0` or nothing where there is none."""
    number = _of(row, column)
    return "" if number == "0" else number


def _parts(row: Row, column: str) -> int:
    """An amount of yuan in thousandths of a fen."""
    match = _DECIMAL.fullmatch(_of(row, column) or "0")
    if match is None:
        raise BillRefused(f"The record holds no amount in {column}.")
    parts = int(match[2] + (match[3] or "").ljust(5, "0"))
    return -parts if match[1] else parts


def _fen(row: Row, column: str) -> int:
    """An amount of yuan in fen, rounded half up (away from zero)."""
    parts = _parts(row, column)
    fen = (abs(parts) + _PARTS_OF_A_FEN // 2) // _PARTS_OF_A_FEN
    return -fen if parts < 0 else fen


def _time(row: Row, column: str) -> datetime:
    text = _of(row, column)
    if _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise BillRefused(f"The record holds no time in {column}.")


def _sum(rows: Iterable[Row], column: str) -> int:
    return sum(_parts(row, column) for row in rows)


def _check(totals: Row, column: str, ours: int) -> None:
    if _parts(totals, column) != ours:
        raise BillRefused(f"The record's {column} is not the sum of its lines.")
