"""Which notices does the connector believe, and what does it make of them?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

import pytest

from tael.channels.connectors.alipay import AlipayConnector
from tael.channels.errors import NoticeRefused
from tael.channels.port import InboundNotice, Notice, OutcomeState
from tael.foundation.money import Money
from tael.simulators.alipay.keys import APP_ID, SELLER_ID, Seal, SimulatorKeys, prepare_keys, signing_text
from tael.testing.alipay import connector_for, said

NOW = datetime(2026, 5, 1, 4, 31, 10, tzinfo=UTC)

PAID = {
    "notify_time": "2026-05-01 12:31:08",
    "notify_type": "trade_status_sync",
    "notify_id": "2026050100222123108012345678901234",
    "app_id": APP_ID,
    "auth_app_id": APP_ID,
    "charset": "utf-8",
    "version": "1.0",
    "sign_type": "RSA2",
    "trade_no": "2026050122001400001234567890",
    "out_trade_no": "att_1",
    "buyer_id": "2088000000000002",
    "buyer_logon_id": "138****1234",
    "seller_id": SELLER_ID,
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "12.80",
    "subject": "两杯咖啡 & a }",
    "gmt_payment": "2026-05-01 12:31:07",
    "fund_bill_list": '[{"amount":"12.80","fundChannel":"ALIPAYACCOUNT"}]',
}
REFUNDED = PAID | {
    "out_biz_no": "re_2",
    "refund_fee": "5.00",
    "gmt_refund": "2026-05-01 12:31:07.143",
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SimulatorKeys:
    return prepare_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def seal(keys: SimulatorKeys) -> Seal:
    return Seal(keys)


@pytest.fixture(scope="module")
def connector(keys: SimulatorKeys) -> AlipayConnector:
    return connector_for(keys, "https://openapi.example/gateway.do")


class Read(Protocol):
    """Signs the fields as Alipay does and has them read."""

    def __call__(self, fields: dict[str, str], *, now: datetime = NOW) -> Notice: ...


@pytest.fixture
def read(connector: AlipayConnector, seal: Seal) -> Read:
    def reading(fields: dict[str, str], *, now: datetime = NOW) -> Notice:
        body = signed(seal, fields)
        return connector.read_notice(InboundNotice(headers={}, query="", body=body), now=now)

    return reading


def signed(seal: Seal, fields: dict[str, str]) -> bytes:
    charset = fields.get("charset", "utf-8")
    text = signing_text(fields, "sign", "sign_type")
    return urlencode(fields | {"sign": seal.sign(text.encode(charset))}, encoding=charset).encode()


def without(fields: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in fields.items() if key != name}


def test_a_notice_of_payment_is_believed(read: Read) -> None:
    notice = read(PAID)

    assert notice.notice_id == PAID["notify_id"]
    assert said(notice).state is OutcomeState.SUCCEEDED
    assert said(notice).order_number == "att_1"
    assert said(notice).amount == Money(1280, "CNY")
    assert said(notice).channel_reference == PAID["trade_no"]
    assert said(notice).payer_hint == "138****1234"
    assert said(notice).happened_at == datetime(2026, 5, 1, 4, 31, 7, tzinfo=UTC)
    assert said(notice).refund_number is None


def test_a_notice_written_in_gbk_is_believed(read: Read) -> None:
    notice = read(PAID | {"charset": "GBK", "buyer_logon_id": "张*"})

    assert said(notice).payer_hint == "张*"


def test_an_empty_field_counts_in_the_signature(connector: AlipayConnector, seal: Seal) -> None:
    fields = PAID | {"body": ""}
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sign_type")
    body = urlencode(fields | {"sign": seal.sign(text.encode())}).encode()

    notice = connector.read_notice(InboundNotice(headers={}, query="", body=body), now=NOW)

    assert said(notice).state is OutcomeState.SUCCEEDED


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"trade_status": "WAIT_BUYER_PAY"}, OutcomeState.WAITING),
        ({"trade_status": "TRADE_FINISHED"}, OutcomeState.SUCCEEDED),
        ({"trade_status": "TRADE_CLOSED"}, OutcomeState.SUCCEEDED),
        ({"trade_status": "TRADE_CLOSED", "gmt_payment": ""}, OutcomeState.CLOSED),
        ({"trade_status": "TRADE_CLOSED", "gmt_payment": "", "refund_fee": "0.00"}, OutcomeState.CLOSED),
        ({"trade_status": "TRADE_CLOSED", "gmt_payment": "", "refund_fee": "12.80"}, OutcomeState.SUCCEEDED),
        ({"trade_status": "TRADE_SLEEPING"}, OutcomeState.UNKNOWN),
    ],
)
def test_a_notices_trade_status_means_what_the_table_says(
    read: Read, change: dict[str, str], state: OutcomeState
) -> None:
    fields = {name: value for name, value in (PAID | change).items() if value}

    assert said(read(fields)).state is state


def test_a_notice_of_a_paid_and_closed_trade_says_that_all_was_given_back(read: Read) -> None:
    assert said(read(PAID | {"trade_status": "TRADE_CLOSED"})).given_back_in_all == Money(1280, "CNY")
    assert said(read(PAID)).given_back_in_all is None


def test_a_notice_of_a_refund_names_the_refund_and_what_was_given_back_in_all(read: Read) -> None:
    outcome = said(read(REFUNDED))

    assert outcome.state is OutcomeState.SUCCEEDED
    assert outcome.refund_number == "re_2"
    assert outcome.amount is None
    assert outcome.given_back_in_all == Money(500, "CNY")
    assert outcome.happened_at == datetime(2026, 5, 1, 4, 31, 7, 143000, tzinfo=UTC)


def test_a_full_refund_closes_the_trade_and_is_still_a_refund(read: Read) -> None:
    outcome = said(read(REFUNDED | {"trade_status": "TRADE_CLOSED", "refund_fee": "12.80"}))

    assert outcome.state is OutcomeState.SUCCEEDED
    assert outcome.refund_number == "re_2"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        (PAID | {"app_id": "2021000000000009"}, "app_id"),
        (PAID | {"seller_id": "2088000000000009"}, "seller_id"),
        (without(PAID, "seller_id"), "seller_id"),
        (PAID | {"sign_type": "RSA"}, "sign_type"),
        (without(PAID, "sign_type"), "sign_type"),
        (PAID | {"charset": "shift_jis", "subject": "x"}, "charset"),
        (without(PAID, "charset") | {"charset_": "utf-8"}, "charset"),
        (without(PAID, "notify_id"), "notify_id"),
        (PAID | {"notify_id": "x" * 65}, "notify_id"),
        (without(PAID, "notify_time"), "notify_time"),
        (PAID | {"notify_time": "2026-02-30 12:00:00"}, "notify_time"),
        (PAID | {"notify_time": "0001-01-01 00:00:00"}, "notify_time"),
        (without(PAID, "out_trade_no"), "out_trade_no"),
        (PAID | {"out_trade_no": "att_1\x00"}, "out_trade_no"),
        (without(PAID, "total_amount"), "total_amount"),
        (PAID | {"total_amount": "12.8.0"}, "total_amount"),
        (PAID | {"total_amount": "９.99"}, "total_amount"),
        (REFUNDED | {"refund_fee": "12.81"}, "refund_fee"),
        (REFUNDED | {"refund_fee": "much"}, "refund_fee"),
    ],
)
def test_a_signed_notice_that_does_not_fit_us_is_refused_and_the_field_is_named(
    read: Read, fields: dict[str, str], named: str
) -> None:
    with pytest.raises(NoticeRefused) as refused:
        read(fields)

    assert refused.value.field == named


def test_the_window_covers_the_whole_schedule_of_repetitions(read: Read) -> None:
    last_repetition = timedelta(hours=24, minutes=24)

    assert read(PAID, now=NOW + last_repetition).notice_id == PAID["notify_id"]
    with pytest.raises(NoticeRefused, match="ago"):
        read(PAID, now=NOW + timedelta(hours=27))


def test_a_notice_from_the_future_is_refused(read: Read) -> None:
    assert read(PAID, now=NOW - timedelta(minutes=4)).notice_id == PAID["notify_id"]
    with pytest.raises(NoticeRefused, match="future"):
        read(PAID, now=NOW - timedelta(minutes=6))


def test_a_tampered_notice_is_refused(connector: AlipayConnector, seal: Seal) -> None:
    body = signed(seal, PAID)

    for place, name in ((b"12.80", b"12.81"), (b"att_1", b"att_2"), (b"TRADE_SUCCESS", b"TRADE_CLOSED")):
        with pytest.raises(NoticeRefused, match="signature"):
            connector.read_notice(
                InboundNotice(headers={}, query="", body=body.replace(place, name, 1)), now=NOW
            )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body + b"&total_amount=0.01",
        lambda body: b"total_amount=0.01&" + body,
        lambda body: b"out%5Ftrade_no=att_2&" + body,
        lambda body: body + b"&out_trade%5Fno=att_2",
        lambda _: b"",
        lambda _: b"&",
        lambda body: body + b"&=1",
        lambda body: body + b"&\xff=1",
        lambda body: body + b"&x",
        lambda body: body.replace(b"sign_type=RSA2", b"sign_type=RSA"),
        lambda body: body.replace(b"&sign=", b"&sig="),
        lambda _: b"x=" + b"1" * 1_000_000,
        lambda _: b"&".join(b"%d=1" % number for number in range(1000)),
        lambda _: b'{"trade_status":"TRADE_SUCCESS"}',
    ],
)
def test_a_spoilt_notice_is_refused(
    connector: AlipayConnector, seal: Seal, spoil: Callable[[bytes], bytes]
) -> None:
    body = spoil(signed(seal, PAID))

    with pytest.raises(NoticeRefused):
        connector.read_notice(InboundNotice(headers={}, query="", body=body), now=NOW)


def test_bytes_that_are_no_text_in_the_named_charset_are_refused(
    connector: AlipayConnector, seal: Seal
) -> None:
    fields = without(PAID, "subject")
    text = (
        signing_text(fields | {"subject": "X"}, "sign", "sign_type")
        .encode()
        .replace(b"subject=X", b"subject=\xff")
    )
    body = urlencode(fields | {"sign": seal.sign(text)}).encode() + b"&subject=%FF"

    with pytest.raises(NoticeRefused, match="not written in utf-8"):
        connector.read_notice(InboundNotice(headers={}, query="", body=body), now=NOW)


def test_the_replies_are_what_alipay_waits_for(connector: AlipayConnector) -> None:
    assert connector.accept_notice().body == b"success"
    assert connector.accept_notice().status == 200
    assert connector.refuse_notice("why").body == b"fail"
    assert connector.refuse_notice("why").status == 400
