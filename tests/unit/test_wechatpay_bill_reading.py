"""Is a record believed only if it is whole: its hash, its columns, its sums?"""

import gzip
import hashlib
from datetime import UTC, date, datetime

import pytest

from tael.channels.connectors.wechatpay.bills import BillAddress, read_bill
from tael.channels.errors import BillRefused
from tael.channels.port import Bill, BillKind, BillWanted, LineKind

# In the documented layout (trade bill of type ALL), with one payment and one refund.
TRADES = """\
交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,\
应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,\
手续费,费率,订单金额,申请退款金额,费率备注
`2026-01-02 10:00:00,`wx1,`1900000109,`0,`,`4200000001,`T1,`o1,`NATIVE,`SUCCESS,`OTHERS,`CNY,\
`1.00,`0.00,`0,`0,`0.00,`0.00,`,`,`商品,`,`0.00600,`0.60%,`1.00,`0.00,`
`2026-01-02 11:00:00,`wx1,`1900000109,`0,`,`4200000001,`T1,`o1,`NATIVE,`REFUND,`OTHERS,`CNY,\
`0.00,`0.00,`5030000001,`R1,`0.40,`0.00,`ORIGINAL,`SUCCESS,`商品,`,`-0.00240,`0.60%,`0.00,`0.40,`
总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额
`2,`1.00,`0.40,`0.00,`0.00360,`1.00,`0.40
"""
FUNDS = """\
记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号
`2026-01-02 10:00:00,`4200000001,`F1,`交易,`交易,`收入,`1.00,`11.00,`1900000109,`,`T1
`2026-01-02 11:00:00,`5030000001,`F2,`退款,`退款,`支出,`0.38,`10.62,`1900000109,`退款总金额0.40元;含手续费0.02元,`REF4200000001
`2026-01-02 12:00:00,`1330000001,`F3,`商家转账,`商家转账,`支出,`5.00,`5.62,`1900000109,`结算,`out1
`2026-01-02 13:00:00,`9990000001,`F4,`利息,`利息,`收入,`0.01,`5.63,`system,`,`
资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额
`4,`2,`1.01,`2,`5.38
"""


def read(
    text: str | bytes, kind: BillKind = BillKind.TRADES, *, digest: str = "", packed: bytes = b""
) -> Bill:
    raw = text if isinstance(text, bytes) else text.encode()
    address = BillAddress(
        download_url="", hash_type="SHA1", hash_value=digest or hashlib.sha1(raw).hexdigest()
    )
    wanted = BillWanted(kind=kind, day=date(2026, 1, 2))
    return read_bill(wanted, packed or gzip.compress(raw), address)


def test_the_documented_record_of_trades_is_read() -> None:
    payment, refund = read(TRADES).lines

    assert (payment.kind, payment.order_number, payment.amount.decimal()) == (LineKind.PAYMENT, "T1", "1.00")
    assert payment.happened_at == datetime(2026, 1, 2, 2, 0, tzinfo=UTC)
    assert (payment.channel_reference, payment.refund_number, payment.status) == ("4200000001", "", "SUCCESS")
    assert (refund.kind, refund.refund_number, refund.amount.decimal()) == (LineKind.REFUND, "R1", "-0.40")
    assert (refund.channel_reference, refund.status) == ("5030000001", "SUCCESS")


def test_a_fee_of_less_than_a_fen_is_rounded_half_up_and_its_sum_is_still_exact() -> None:
    assert [line.fee and line.fee.minor for line in read(TRADES).lines] == [1, 0]
    with pytest.raises(BillRefused, match="手续费"):
        read(TRADES.replace("`0.00360", "`0.00361"))


def test_the_record_of_funds_says_which_way_money_went() -> None:
    lines = read(FUNDS, BillKind.FUNDS).lines

    assert [(line.kind, line.amount.minor, line.balance and line.balance.minor) for line in lines] == [
        (LineKind.PAYMENT, 100, 1100),
        (LineKind.REFUND, -40, 1062),
        (LineKind.PAYOUT, -500, 562),
        (LineKind.OTHER, 1, 563),
    ]
    assert (lines[1].fee and lines[1].fee.minor, lines[1].channel_reference) == (-2, "4200000001")
    assert lines[2].refund_number == "out1"


def test_columns_are_found_by_their_headings_in_any_order() -> None:
    head, *rows = FUNDS.splitlines()
    turned = [",".join(reversed(line.split(","))) for line in (head, *rows[:4])]

    lines = read("\n".join([*turned, *rows[4:]]), BillKind.FUNDS).lines

    assert [line.amount.minor for line in lines] == [100, -40, -500, 1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`2,`1.00,`0.40", "`3,`1.00,`0.40"),
        ("`2,`1.00,`0.40", "`2,`1.01,`0.40"),
        ("`T1,`o1,`NATIVE,`SUCCESS", "`T1,`o1,`NATIVE,`NEW_STATE"),
        ("`OTHERS,`CNY,`1.00", "`OTHERS,`USD,`1.00"),
        ("`2026-01-02 10:00:00", "`2026-13-02 10:00:00"),
        ("`2026-01-02 10:00:00", "`yesterday"),
        (",`0.60%,`1.00,`0.00,`\n", ",`0.60%,`1e3,`0.00,`\n"),
        (",`0.60%,`1.00,`0.00,`\n", ",`0.60%,`1.00,`0.00\n"),
        ("`商品", "商品"),
        ("商户订单号", "订单编号"),
        ("总交易单数", "`总交易单数"),
    ],
)
def test_a_record_that_does_not_add_up_is_refused(old: str, new: str) -> None:
    assert old in TRADES
    with pytest.raises(BillRefused):
        read(TRADES.replace(old, new, 1))


@pytest.mark.parametrize("text", [b"", b"\xff\xff", "只有一行".encode(), b"a\nb\nc", b'"a\nb\nc\nd'])
def test_something_else_than_a_record_is_refused(text: bytes) -> None:
    for kind in BillKind:
        with pytest.raises(BillRefused):
            read(text, kind)


@pytest.mark.parametrize("word", ['"', '"大"杯', "a\u2028b", "a\x1cb", "`", "大,小", "\x1b[31m"])
def test_strange_words_in_a_description_break_no_line(word: str) -> None:
    payment, _ = read(TRADES.replace("`商品,", f"`{word},")).lines

    assert payment.description == "".join(letter for letter in word if letter.isprintable())


def test_a_record_with_another_hash_is_refused() -> None:
    with pytest.raises(BillRefused, match="hash"):
        read(TRADES, digest="0" * 40)


def test_a_record_that_breaks_off_is_refused() -> None:
    with pytest.raises(BillRefused, match="breaks off"):
        read(TRADES, packed=gzip.compress(TRADES.encode())[:-9])


def test_a_record_that_was_unpacked_on_the_way_is_the_same() -> None:
    assert read(TRADES, packed=TRADES.encode()).lines == read(TRADES).lines
