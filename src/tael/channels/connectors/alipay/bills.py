"""What stands in a record of a day? A ZIP of GBK CSV files, read by the names of the columns, checked by its totals.

Alipay's layouts drift: columns are added and renamed. So a column is found by the beginning of its name, and what is
needed and missing refuses the file. The totals at its end must be those of its lines.

Whether the column of fees writes what Alipay took with a sign or without is not the same everywhere. What a payment
costs is a fee, and what a refund brings back is given back, so the sign is taken from the line.
"""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tael.channels.connectors.alipay.values import CURRENCY, read_number, read_time, read_words
from tael.channels.errors import BillRefused
from tael.channels.port import BillKind, BillLine, LineKind
from tael.foundation.errors import Malformed
from tael.foundation.money import Money

LARGEST_FILE = 100_000_000
"""In bytes, of the ZIP."""
_LARGEST_CONTENT = 500_000_000
_MOST_FILES = 20
_MOST_COLUMNS = 100
_SIGNED_AMOUNT = re.compile(r"([+-]?)([0-9]{1,17}(?:\.[0-9]{1,2})?)")
_TOTAL = re.compile(r"#(交易|退款|收入|支出)合计：([0-9]{1,12})笔.{0,20}?共([+-]?[0-9]{1,17}\.[0-9]{2})元")
_TRADE_KINDS = {"交易": LineKind.PAYMENT, "退款": LineKind.REFUND}
_FUNDS_KINDS = (
    ("退款", LineKind.REFUND),
    ("分账", LineKind.SPLIT),
    ("收费", LineKind.FEE),
    ("服务费", LineKind.FEE),
    ("转账", LineKind.PAYOUT),
    ("在线支付", LineKind.PAYMENT),
    ("交易", LineKind.PAYMENT),
)
_Row = Mapping[str, str]


def read_bill(content: bytes, *, kind: BillKind, seller_id: str) -> Sequence[BillLine]:
    """The lines of a record; raises `BillRefused` if it is not whole, not ours, or not what it says it is."""
    text = _unpack(content)
    every_line = [line.removesuffix("\r") for line in text.split("\n")]
    comments = [line for line in every_line if line.startswith("#")]
    if not any(line.startswith(f"#账号：[{seller_id}") for line in comments[:10]):
        raise BillRefused("The record is not of our account.")
    rows = _rows(line for line in every_line if line and not line.startswith("#"))
    if kind is BillKind.TRADES:
        lines = [_trade_line(row) for row in rows]
        totals = {
            "交易": _sum(lines, LineKind.PAYMENT),
            "退款": _sum(lines, LineKind.REFUND),
        }
    else:
        lines = [_funds_line(row) for row in rows]
        totals = {
            "收入": _sum_where(line.amount.minor for line in lines if line.amount.minor > 0),
            "支出": _sum_where(line.amount.minor for line in lines if line.amount.minor < 0),
        }
    _check_totals(comments, totals)
    return lines


def _unpack(content: bytes) -> str:
    """The text of the file with the details; the other one only sums them up."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = archive.infolist()
            details = [file for file in files if "汇总" not in _name_of(file)]
            if len(files) > _MOST_FILES or len(details) != 1:
                raise BillRefused("The record is not one file with details, and its summary.")
            if details[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise BillRefused("The record is packed in a way that Alipay does not use.")
            with archive.open(details[0]) as opened:
                raw = opened.read(_LARGEST_CONTENT + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
    ) as problem:
        raise BillRefused(f"The record is not a whole ZIP file: {type(problem).__name__}.") from None
    if len(raw) > _LARGEST_CONTENT:
        raise BillRefused(f"The record is larger than {_LARGEST_CONTENT} bytes.")
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        raise BillRefused("The record is not written in GBK.") from None


def _name_of(file: zipfile.ZipInfo) -> str:
    """The name, whose bytes are GBK and do not say so."""
    if file.flag_bits & 0x800:
        return file.filename
    return file.filename.encode("cp437", "replace").decode("gb18030", "replace")


def _rows(lines: Iterable[str]) -> Iterator[_Row]:
    """One row after the other: a day of a large merchant is long."""
    table = csv.reader(lines)
    try:
        names = [name.strip() for name in next(table, [])]
        if not names or len(names) > _MOST_COLUMNS or len(set(names)) != len(names):
            raise BillRefused("The record's columns are none, too many, or have one name twice.")
        for row in table:
            if len(row) != len(names):
                raise BillRefused("A line of the record does not have as many fields as there are columns.")
            yield dict(zip(names, (field.strip() for field in row), strict=True))
    except csv.Error:
        raise BillRefused("The record is not a table.") from None


def _trade_line(row: _Row) -> BillLine:
    kind = _TRADE_KINDS.get(_field(row, "业务类型"), LineKind.OTHER)
    fee = abs(_amount(row, "服务费"))
    return BillLine(
        kind=kind,
        amount=Money(_amount(row, "商家实收"), CURRENCY),
        fee=Money(-fee if kind is LineKind.REFUND else fee, CURRENCY),
        order_number=read_number(_field(row, "商户订单号")) or "",
        refund_number=read_number(_field(row, "退款批次号")) or "",
        channel_reference=read_number(_field(row, "支付宝交易号")) or "",
        happened_at=read_time(_field(row, "完成时间")),
        status=_field(row, "业务类型"),
        description=read_words(_field(row, "商品名称")) or "",
    )


def _funds_line(row: _Row) -> BillLine:
    named = _field(row, "业务类型")
    kind = next((kind for word, kind in _FUNDS_KINDS if word in named), LineKind.OTHER)
    is_for_other_number = kind in (LineKind.REFUND, LineKind.SPLIT)
    order_number = read_number(_field(row, "商户订单号")) or ""
    return BillLine(
        kind=kind,
        amount=Money(_amount(row, "收入金额") - abs(_amount(row, "支出金额")), CURRENCY),
        order_number="" if kind is LineKind.PAYOUT else order_number,
        refund_number=order_number
        if kind is LineKind.PAYOUT
        else (read_number(_field(row, "备注")) or "" if is_for_other_number else ""),
        channel_reference=read_number(_field(row, "业务流水号")) or "",
        happened_at=read_time(_field(row, "发生时间")),
        status=named,
        balance=Money(_amount(row, "账户余额"), CURRENCY),
        description=read_words(_field(row, "商品名称")) or "",
    )


def _field(row: _Row, name: str) -> str:
    """The field of the column whose name begins so: `服务费（元）`, `退款批次号/请求号`."""
    for column, value in row.items():
        if column.startswith(name):
            return value
    raise BillRefused(f"The record has no column {name}.")


def _amount(row: _Row, name: str) -> int:
    """In fen, with its sign; empty is nothing."""
    text = _field(row, name)
    return _minor_of(text) if text else 0


def _minor_of(text: str) -> int:
    match = _SIGNED_AMOUNT.fullmatch(text)
    if match is None:
        raise BillRefused(f"{text[:40]!r} is not an amount.")
    try:
        minor = Money.parse(match[2], CURRENCY).minor
    except Malformed:
        raise BillRefused(f"{text[:40]!r} is not an amount that can be booked.") from None
    return -minor if match[1] == "-" else minor


def _sum(lines: Sequence[BillLine], kind: LineKind) -> tuple[int, int]:
    return _sum_where(line.amount.minor for line in lines if line.kind is kind)


def _sum_where(amounts: Iterable[int]) -> tuple[int, int]:
    counted = list(amounts)
    return len(counted), sum(counted)


def _check_totals(comments: Sequence[str], totals: Mapping[str, tuple[int, int]]) -> None:
    """How many lines there are and how much they come to must stand at the end, and be right."""
    said = {
        match[1]: (int(match[2]), _minor_of(match[3])) for line in comments if (match := _TOTAL.match(line))
    }
    for name, (count, minor) in totals.items():
        if name not in said:
            raise BillRefused(f"The record does not end with its total of {name}: it is not whole.")
        said_count, said_minor = said[name]
        if (count, abs(minor)) != (said_count, abs(said_minor)):
            raise BillRefused(
                f"The record says {said_count} lines of {name} with {said_minor}, it has {count} with {minor}."
            )
