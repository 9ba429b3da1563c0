"""Is a record of a day read by the names of its columns, and refused if it is not whole?"""

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tael.channels.connectors.alipay.bills import read_bill
from tael.channels.errors import BillRefused
from tael.channels.port import BillKind, LineKind

SELLER = "2088021109625633"
COLUMNS = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）,备注"
PAID = "2019091622001\t,T1\t,交易,杯子,2019-09-16 09:59:00,2019-09-16 10:00:00,0.06,0.06,,0.00,"
REFUNDED = "2019091622001\t,T1\t,退款,杯子,2019-09-16 09:59:00,2019-09-16 11:00:00,-0.04,-0.04,R1\t,0.00,"
FOOTER = (
    "#-----业务明细列表结束-----\r\n"
    "#交易合计：1笔，商家实收共0.06元，商家优惠共0.00元\r\n"
    "#退款合计：1笔，商家实收退款共-0.04元，商家优惠退款共0.00元\r\n"
    "#导出时间：[2019年09月17日 05:46:49]\r\n"
)
HEADER = (
    "#支付宝业务明细查询\r\n#账号：[20880211096256330156]\r\n"
    "#起始日期：[2019年09月16日 00:00:00]   终止日期：[2019年09月17日 00:00:00]\r\n#-----业务明细列表-----\r\n"
)
WHOLE = f"{HEADER}{COLUMNS}\r\n{PAID}\r\n{REFUNDED}\r\n{FOOTER}"


def packed(
    text: str, *, name: str = "业务明细.csv", more: tuple[str, ...] = ("业务明细(汇总).csv",)
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text.encode("gbk"))
        for other in more:
            archive.writestr(other, b"#")
    return buffer.getvalue()


def test_a_published_example_is_read_as_it_is_meant() -> None:
    payment, refund = read_bill(packed(WHOLE), kind=BillKind.TRADES, seller_id=SELLER)

    assert (payment.kind, payment.amount.minor, payment.order_number) == (LineKind.PAYMENT, 6, "T1")
    assert (refund.kind, refund.amount.minor, refund.refund_number) == (LineKind.REFUND, -4, "R1")
    assert refund.channel_reference == "2019091622001"
    assert payment.happened_at is not None
    assert payment.happened_at.isoformat() == "2019-09-16T02:00:00+00:00"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1笔，商家实收共0.06元", "2笔，商家实收共0.06元"),
        ("商家实收退款共-0.04元", "商家实收退款共-0.05元"),
        (f"{REFUNDED}\r\n", ""),
        ("#交易合计", "#交易总计"),
        ("[20880211096256330156]", "[20880211096256340156]"),
        ("商家实收（元）", "实收"),
        ("0.06,0.06", "0.06,6e-2"),
        ("0.06,0.06", "0.06,NaN"),
        ("0.06,0.06", "0.06,９.00"),
        ("0.06,0.06", "0.06,9999999999999999999.00"),
        ("业务类型,商品名称", "业务类型,业务类型"),
        (",0.00,\r\n", ",0.00,,\r\n"),
        ("杯子", '"杯子'),
    ],
)
def test_a_record_that_was_changed_is_refused(old: str, new: str) -> None:
    assert old in WHOLE

    with pytest.raises(BillRefused):
        read_bill(packed(WHOLE.replace(old, new)), kind=BillKind.TRADES, seller_id=SELLER)


def test_a_record_of_more_or_fewer_files_is_refused() -> None:
    for content in (
        packed(WHOLE, more=("another.csv",)),
        packed(WHOLE, name="汇总.csv"),
        packed(WHOLE, more=tuple(f"{n}汇总" for n in range(30))),
        packed(WHOLE)[:-30],
        b"",
        b"PK\x05\x06" + bytes(18),
    ):
        with pytest.raises(BillRefused):
            read_bill(content, kind=BillKind.TRADES, seller_id=SELLER)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_s2_a_record_that_was_damaged_anywhere_is_refused_or_still_right(data: st.DataObject) -> None:
    whole = bytearray(packed(WHOLE))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    try:
        lines = read_bill(bytes(whole), kind=BillKind.TRADES, seller_id=SELLER)
    except BillRefused:
        return
    assert sum(line.amount.minor for line in lines) == 2


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet='#交易退款合计：笔共元,0123.-"\r\n\t' + COLUMNS, max_size=400))
def test_s2_a_record_of_any_text_is_refused_or_sums_to_its_totals(text: str) -> None:
    try:
        lines = read_bill(packed(HEADER + text), kind=BillKind.TRADES, seller_id=SELLER)
    except BillRefused:
        return
    assert all(line.amount.currency == "CNY" for line in lines)
