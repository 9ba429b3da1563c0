"""Is UnionPay's file of a day read as it was meant, or not at all?"""

import base64
import io
import zipfile
import zlib
from datetime import UTC, date, datetime

import pytest

from tael.channels.connectors.unionpay.clearing import COLUMNS, read_clearing_file
from tael.channels.errors import BillNotReady, BillRefused, NotOffered
from tael.channels.port import Bill, BillKind, BillWanted, HttpResponse, LineKind
from tael.foundation.money import Money
from tael.simulators.unionpay.book import PAYMENT, REFUND, Transaction
from tael.simulators.unionpay.clearing import write_file
from tael.simulators.unionpay.keys import MERCHANT
from tael.simulators.unionpay.messages import write_answer
from tests.unit.unionpay_desk import NOW, Desk

WANTED = BillWanted(kind=BillKind.TRADES, day=date(2026, 5, 1))
DONE_AT = datetime(2026, 5, 1, 4, 31, 40, tzinfo=UTC)


def _transaction(txn_type: str, order_id: str, amount: int, **sent: str) -> Transaction:
    return Transaction(
        txn_type=txn_type,
        order_id=order_id,
        txn_time="20260501123110",
        sent={"txnSubType": "00", "bizType": "000201", **sent},
        amount=amount,
        code="00",
        query_id="202605011231100000001",
        trace_no="123456",
        done_at=DONE_AT,
    )


PAID = _transaction(PAYMENT, "attZu06dk3vg5m8x4t9c1h2zq7n0rby", 1280)
BACK = _transaction(REFUND, "rfdZu06dk3vg5m8x4t9c1h2zq7n0rbz", 300, reqReserved=PAID.order_id)


def _file(*transactions: Transaction, merchant: str = MERCHANT) -> str:
    return write_file(transactions, merchant=merchant, day="260501")[1]


def _read(content: str) -> Bill:
    return read_clearing_file(WANTED, file_name="x.zip", file_content=content, merchant=MERCHANT)


def _packed(*members: tuple[str, bytes]) -> str:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return base64.b64encode(zlib.compress(zipped.getvalue())).decode()


def _table(content: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(content)))) as archive:
        return archive.read(f"INN26050188ZM_{MERCHANT}")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("unionpay"))


def test_the_columns_are_as_wide_as_those_of_unionpays_own_demo() -> None:
    demo = "3,11,11,6,10,19,12,4,2,21,2,32,2,6,10,13,13,4,15,2,2,6,2,4,32,1,21,15,1,15,32,13,13,8,32,13,13,12,2,1,32"
    assert ",".join([str(width) for _, width in COLUMNS]) == demo


def test_payments_and_refunds_are_read_with_their_numbers_and_signs() -> None:
    paid, back = _read(_file(PAID, BACK)).lines
    assert (paid.kind, paid.amount, paid.fee) == (LineKind.PAYMENT, Money(1280, "CNY"), Money(7, "CNY"))
    assert (paid.order_number, paid.refund_number) == ("att_06dk3vg5m8x4t9c1h2zq7n0rby", "")
    assert (paid.channel_reference, paid.happened_at) == (PAID.query_id, DONE_AT)
    assert (back.kind, back.amount, back.fee) == (LineKind.REFUND, Money(-300, "CNY"), Money(0, "CNY"))
    assert (back.order_number, back.refund_number) == (paid.order_number, "rfd_06dk3vg5m8x4t9c1h2zq7n0rbz")


def test_a_fee_that_was_given_back_is_negative() -> None:
    table = _table(_file(PAID)).replace(b"D000000000007", b"C000000000007")
    assert _read(_packed(("INN26050188ZM_x", table))).lines[0].fee == Money(-7, "CNY")


def test_a_day_without_anything_is_an_empty_record() -> None:
    assert _read(_file()).empty


def test_a_file_of_another_merchant_is_refused() -> None:
    with pytest.raises(BillRefused, match="another merchant"):
        _read(_file(PAID, merchant="777290058999999"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"000000001280", b"00000001280"),
        (b"000000001280", b"00000000128X"),
        (b"D000000000007", b"X000000000007"),
        (b"S22 ", b"S22x"),
        ("测试商户".encode("gbk"), b"\xff\xff\xff\xff\xff\xff\xff\xff"),
    ],
    ids=["narrower", "no amount", "no fee", "no blank", "no gbk"],
)
def test_a_line_that_is_not_as_documented_refuses_the_file(old: bytes, new: bytes) -> None:
    table = _table(_file(PAID))
    assert old in table
    with pytest.raises(BillRefused, match="Line 1"):
        _read(_packed(("INN26050188ZM_x", table.replace(old, new))))


@pytest.mark.parametrize("names", [[], ["INN26050188ZME_x"], ["aZM_1", "bZM_2"]], ids=str)
def test_a_zip_without_exactly_one_table_is_refused(names: list[str]) -> None:
    with pytest.raises(BillRefused, match="not one"):
        _read(_packed(*[(name, b"") for name in names]))


def _fetched(desk: Desk, **changes: str) -> Bill:
    conversation = desk.connector.fetch_bill(WANTED, now=NOW)
    next(conversation)
    fields = {
        "merId": MERCHANT,
        "respCode": "00",
        "settleDate": "0501",
        "fileName": "x.zip",
        "fileContent": _file(PAID),
        **changes,
    }
    body = write_answer(desk.seal.seal(fields))
    with pytest.raises(StopIteration) as end:
        conversation.send(HttpResponse(status=200, headers={}, body=body))
    bill = end.value.value
    assert isinstance(bill, Bill)
    return bill


def test_a_signed_answer_brings_the_file_of_the_day(desk: Desk) -> None:
    assert len(_fetched(desk).lines) == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"respCode": "98"}, BillNotReady),
        ({"respCode": "03"}, BillRefused),
        ({"settleDate": "0502"}, BillRefused),
        ({"merId": "777290058999999"}, BillRefused),
        ({"fileContent": ""}, BillRefused),
    ],
    ids=str,
)
def test_an_answer_without_our_file_of_that_day_is_no_record(
    desk: Desk, changes: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        _fetched(desk, **changes)


def test_an_unsigned_file_is_refused(desk: Desk) -> None:
    conversation = desk.connector.fetch_bill(WANTED, now=NOW)
    next(conversation)
    body = write_answer({"merId": MERCHANT, "respCode": "00", "settleDate": "0501"})
    with pytest.raises(BillRefused, match="signature"):
        conversation.send(HttpResponse(status=200, headers={}, body=body))


def test_there_is_no_record_of_funds(desk: Desk) -> None:
    with pytest.raises(NotOffered):
        next(desk.connector.fetch_bill(BillWanted(kind=BillKind.FUNDS, day=WANTED.day), now=NOW))
