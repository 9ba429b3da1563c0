"""What does UnionPay's file of a day say? A zip within a signed answer, and in it a table of fixed widths in GBK.

`fileContent` is base64 of a zlib stream of a zip; the merchant's transactions are in its member `…ZM_…`. Every line has
the columns below, one blank after each. Nothing in it has to be added up: the whole answer is signed, the zip has
checksums, and a line of another length or of another merchant refuses the file.
"""

import base64
import binascii
import io
import zipfile
import zlib
from datetime import date, datetime, time, timedelta

from tael.channels.connectors.unionpay.values import (
    CURRENCY,
    read_amount,
    read_number,
    read_reference,
    read_trace_time,
)
from tael.channels.errors import BillRefused
from tael.channels.port import Bill, BillLine, BillWanted, LineKind
from tael.foundation.clock import CHINA
from tael.foundation.money import Money

LARGEST_FILE = 64_000_000
MARK = "ZM_"

COLUMNS = (
    ("code", 3),
    ("acquirer", 11),
    ("sender", 11),
    ("traceNo", 6),
    ("txnTime", 10),
    ("accNo", 19),
    ("txnAmt", 12),
    ("mcc", 4),
    ("termType", 2),
    ("queryId", 21),
    ("oldPayType", 2),
    ("orderId", 32),
    ("payCardType", 2),
    ("origTraceNo", 6),
    ("origTime", 10),
    ("fee", 13),
    ("settleAmt", 13),
    ("payType", 4),
    ("groupMerId", 15),
    ("txnType", 2),
    ("txnSubType", 2),
    ("bizType", 6),
    ("accType", 2),
    ("billType", 4),
    ("billNo", 32),
    ("interactMode", 1),
    ("origQryId", 21),
    ("merId", 15),
    ("splitKind", 1),
    ("subMerId", 15),
    ("subMerAbbr", 32),
    ("subMerAmt", 13),
    ("settleNetAmt", 13),
    ("termId", 8),
    ("merReserved", 32),
    ("discountAmt", 13),
    ("invoiceAmt", 13),
    ("additionalFee", 12),
    ("installments", 2),
    ("media", 1),
    ("origOrderId", 32),
)
"""The columns of a line, in bytes; what follows is reserved."""

_KINDS = {"01": LineKind.PAYMENT, "04": LineKind.REFUND, "31": LineKind.REFUND}
"""`31` is a void: somebody gave a whole payment back at UnionPay's own console."""


def read_clearing_file(wanted: BillWanted, *, file_name: str, file_content: str, merchant: str) -> Bill:
    """The record of a day; raises `BillRefused` if it is not whole or not ours."""
    content = _inflate(file_content)
    lines = [
        _read_line(line, number, merchant=merchant, day=wanted.day)
        for number, line in enumerate(_table(content).split(b"\n"), 1)
        if line.strip()
    ]
    return Bill(wanted=wanted, file_name=file_name, content=content, lines=lines)


def _inflate(file_content: str) -> bytes:
    try:
        inflater = zlib.decompressobj()
        content = inflater.decompress(base64.b64decode(file_content, validate=True), LARGEST_FILE)
    except (binascii.Error, ValueError, zlib.error):
        raise BillRefused("UnionPay's file is not base64 of a zlib stream.") from None
    if not inflater.eof:
        raise BillRefused("UnionPay's file breaks off, or is larger than we read.")
    return content


def _table(content: bytes) -> bytes:
    """The bytes of the one member that holds the merchant's transactions."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if MARK in member.filename]
            if len(members) != 1:
                raise BillRefused(f"UnionPay's file has {len(members)} tables of transactions, not one.")
            if members[0].file_size > LARGEST_FILE:
                raise BillRefused(f"UnionPay's file is larger than {LARGEST_FILE} bytes.")
            with archive.open(members[0]) as member:
                table = member.read(LARGEST_FILE + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise BillRefused("UnionPay's file is no zip that can be read.") from None
    if len(table) > LARGEST_FILE:
        raise BillRefused(f"UnionPay's file is larger than {LARGEST_FILE} bytes.")
    return table


def _read_line(line: bytes, number: int, *, merchant: str, day: date) -> BillLine:
    cells = _cells(line.rstrip(b"\r"), number)
    if cells["merId"] != merchant:
        raise BillRefused(f"Line {number} of UnionPay's file is about another merchant.")
    amount = read_amount(cells["txnAmt"])
    fee = _signed_amount(cells["fee"])
    if amount is None or fee is None:
        raise BillRefused(f"Line {number} of UnionPay's file has no amount that can be read.")
    kind = _KINDS.get(cells["txnType"], LineKind.OTHER)
    ours = read_number(cells["orderId"]) or ""
    is_refund = kind is LineKind.REFUND
    return BillLine(
        kind=kind,
        amount=-amount if is_refund else amount,
        fee=fee,
        order_number=(read_number(cells["origOrderId"]) or "") if is_refund else ours,
        refund_number=ours if is_refund else "",
        channel_reference=read_reference(cells["queryId"]) or "",
        happened_at=_happened_at(cells["txnTime"], day=day),
        status=cells["code"],
    )


def _cells(line: bytes, number: int) -> dict[str, str]:
    cells: dict[str, str] = {}
    position = 0
    try:
        for name, width in COLUMNS:
            end = position + width
            if len(line) < end or line[end : end + 1] not in (b" ", b""):
                raise BillRefused(f"Line {number} of UnionPay's file does not have the documented widths.")
            cells[name] = line[position:end].decode("gbk").strip()
            position = end + 1
    except UnicodeDecodeError:
        raise BillRefused(f"Line {number} of UnionPay's file is not written in GBK.") from None
    return cells


def _signed_amount(text: str) -> Money | None:
    """`D000000000012` was taken from the merchant, `C000000000012` was given to them."""
    if not text:
        return Money(0, CURRENCY)
    amount = read_amount(text[1:])
    if amount is None or text[0] not in "CD":
        return None
    return amount if text[0] == "D" else -amount


def _happened_at(text: str, *, day: date) -> datetime | None:
    earliest = datetime.combine(day, time(), CHINA) - timedelta(days=30)
    return read_trace_time(text, after=earliest)
