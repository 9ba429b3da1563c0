"""What does UnionPay's file of a day look like? Fixed widths in GBK, in a zip, in a zlib stream, in base64."""

import base64
import io
import zipfile
import zlib
from collections.abc import Sequence

from tael.foundation.clock import CHINA
from tael.simulators.unionpay.book import PAYMENT, REFUND, Transaction

_WIDTHS = (
    *(3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1),
    *(21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98),
)
_CODES = {PAYMENT: "S22", REFUND: "S30"}
_FEE_PER_THOUSAND = 6


def write_file(transactions: Sequence[Transaction], *, merchant: str, day: str) -> tuple[str, str]:
    """Name and content of a day's file (`day`: `YYMMDD`)."""
    table = b"".join([_line(one, merchant=merchant) + b"\r\n" for one in transactions])
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"INN{day}88ZM_{merchant}", table)
        archive.writestr(f"INN{day}88ZME_{merchant}", b"")
    content = base64.b64encode(zlib.compress(zipped.getvalue())).decode()
    return f"{merchant}_20{day}.zip", content


def _line(one: Transaction, *, merchant: str) -> bytes:
    is_payment = one.txn_type == PAYMENT
    fee = one.amount * _FEE_PER_THOUSAND // 1000 if is_payment else 0
    net = one.amount - fee
    cells = dict.fromkeys(range(1, len(_WIDTHS) + 1), "")
    cells |= {
        1: _CODES[one.txn_type],
        2: "00049992",
        3: "00049992",
        4: one.trace_no,
        5: f"{one.done_at.astimezone(CHINA):%m%d%H%M%S}" if one.done_at else "",
        6: "622126******0048",
        7: f"{one.amount:012}",
        8: "5311",
        9: "07",
        10: one.query_id,
        12: one.order_id,
        13: "01",
        16: f"D{fee:012}",
        17: f"{'C' if is_payment else 'D'}{one.amount:012}",
        20: one.txn_type,
        21: one.sent.get("txnSubType", ""),
        22: one.sent.get("bizType", ""),
        27: one.sent.get("origQryId", ""),
        28: merchant,
        31: "测试商户",
        33: f"{'C' if is_payment else 'D'}{net:012}",
        41: one.sent.get("reqReserved", "") if one.txn_type == REFUND else "",
    }
    return b" ".join(
        [cells[position].encode("gbk").ljust(width)[:width] for position, width in enumerate(_WIDTHS, 1)]
    )
