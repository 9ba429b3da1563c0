"""Bar S2: can anything that a channel sends make the connector do other than say UNKNOWN or refuse?

Half of the cases are signed with the right key, so that they get past the signature to the code behind it.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tael.channels.connectors.alipay import AlipayConnector
from tael.channels.connectors.alipay.terms import BILL_METHOD, METHODS, PAY_METHODS
from tael.channels.errors import BillRefused, NoticeRefused
from tael.channels.port import (
    BillKind,
    BillWanted,
    HttpResponse,
    InboundNotice,
    Notice,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    Receiver,
    RefundOrder,
    Request,
    SplitOrder,
)
from tael.foundation.money import Money
from tael.simulators.alipay.keys import APP_ID, SELLER_ID, Seal, prepare_keys
from tael.testing.alipay import Script, connector_for, heard

Parties = tuple[AlipayConnector, Seal]
Result = TypeVar("Result")
NOW = datetime(2026, 5, 1, 4, 31, 10, tzinfo=UTC)
ORDER = Order(
    order_number="att_1",
    amount=Money(1280, "CNY"),
    subject="x",
    expires_at=NOW,
    notice_url="https://pay.example/n",
)
REFUND = RefundOrder(refund_number="re_1", amount=Money(300, "CNY"), reason="x")
SPLIT = SplitOrder(
    split_number="sp_1", receivers=[Receiver(account="2088000000000009", amount=Money(300, "CNY"))]
)
PAYOUT = PayoutOrder(
    payout_number="po_1", amount=Money(300, "CNY"), payee_account="2088000000000009", purpose="x"
)


def request_for(operation: Operation, product: Product = Product.CODE) -> Request:
    """The request whose first message is of that operation."""
    order = msgspec.structs.replace(ORDER, product=product, channel_reference="2026050122001")
    return Request(operation=operation, order=order, refund=REFUND, split=SPLIT, payout=PAYOUT)


REQUESTS = [request_for(operation) for operation in METHODS if operation is not Operation.PROBE] + [
    request_for(Operation.PAY, product) for product in (Product.CODE, Product.BARCODE, Product.JSAPI)
]
NAMES = [f"{request.operation}-{request.the_order().product}" for request in REQUESTS]
CASES = settings(
    max_examples=500,
    deadline=2_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
NASTY = [
    b"NaN",
    b"1e999",
    b'"\\ud800"',
    b'"\\u0000"',
    b'"' + b"9" * 5_000 + b'"',
    b"9" * 5_000,
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'"' + b'\\"' * 250_000,
    b'"' * 500_001,
    b"{" * 500_000,
    b" " * 500_000,
    b'{"code":10000}',
    b"\xff\xfe",
    b'{"code":"10000","out_trade_no":"att_9","total_amount":"1e999","trade_status":"TRADE_SUCCESS"}',
]
LARGE = 100_000
FIELD_NAMES = st.sampled_from(
    "code msg sub_code sub_msg out_trade_no trade_no qr_code trade_status total_amount buyer_logon_id"
    " send_pay_date action retry_flag fund_change refund_fee out_request_no refund_amount refund_status"
    " settle_no operation_dt royalty_detail_list out_biz_no order_id status trans_amount pay_date error_code"
    " fail_reason gmt_payment".split()
)
VALUES = st.one_of(
    st.sampled_from(
        "10000 10003 40004 20000 po_1 sp_1 SUCCESS DEALING FAIL ACQ.TRADE_NOT_EXIST att_1 re_1 12.80 3.00 Y N close TRADE_SUCCESS TRADE_CLOSED"
        " REFUND_SUCCESS 0001-01-01\x2000:00:00".split()
    ),
    st.text(max_size=40),
    st.none(),
    st.integers(),
    st.lists(st.text(max_size=3), max_size=2),
    st.just([{"trans_in": "2088000000000009", "amount": "3.00", "state": "SUCCESS"}]),
    st.just([{"trans_in": "2088000000000009", "amount": -3, "state": "FAIL"}]),
)


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    keys = prepare_keys(tmp_path_factory.mktemp("keys"))
    return connector_for(keys, "https://openapi.example/gateway.do"), Seal(keys)


def read_quickly(connector: AlipayConnector, request: Request, body: bytes) -> Outcome:
    answer = HttpResponse(status=200, headers={}, body=body)
    return quickly(lambda: heard(connector, request, answer, now=NOW))


def quickly(act: Callable[[], Result]) -> Result:
    """No answer makes us think for long; of our own processor time, so that a busy machine is no excuse."""
    began = time.process_time()
    result = act()
    assert time.process_time() - began < 2
    return result


def node_of(request: Request) -> bytes:
    operation = request.operation
    method = PAY_METHODS[request.the_order().product] if operation is Operation.PAY else METHODS[operation]
    return method.replace(".", "_").encode() + b"_response"


def enveloped(seal: Seal, request: Request, node: bytes) -> bytes:
    return b'{"%s":%s,"sign":"%s"}' % (node_of(request), node, seal.sign(node).encode())


def refused(connector: AlipayConnector, body: bytes) -> Notice | None:
    try:
        return quickly(lambda: connector.read_notice(InboundNotice(headers={}, query="", body=body), now=NOW))
    except NoticeRefused as refusal:
        said = refusal.message
    assert said
    return None


@CASES
@given(request_made=st.sampled_from(REQUESTS), body=st.binary(max_size=400))
def test_s2_an_answer_of_any_bytes_is_unknown(parties: Parties, request_made: Request, body: bytes) -> None:
    assert read_quickly(parties[0], request_made, body).state is OutcomeState.UNKNOWN


@CASES
@given(
    request_made=st.sampled_from(REQUESTS),
    before=st.sampled_from(['{"', "{", '{"sign":"x","', "[", ""]),
    node=st.text(alphabet='{}[]",:\\ as10n', max_size=60),
    after=st.sampled_from(['","sign":"AAAA"}', ',"sign":"AAAA"}', "}", ""]),
)
def test_s2_an_answer_that_is_almost_an_envelope_is_unknown(
    parties: Parties, request_made: Request, before: str, node: str, after: str
) -> None:
    body = before.encode() + node_of(request_made) + b'":' + node.encode() + after.encode()

    assert read_quickly(parties[0], request_made, body).state is OutcomeState.UNKNOWN


def each_nasty_node_for_each_request() -> Iterator[Any]:
    """Large ones for each third request; for the others, which are read by the same code, in the drill."""
    for nth, node in enumerate(NASTY):
        for place, (request, name) in enumerate(zip(REQUESTS, NAMES, strict=True)):
            later = len(node) >= LARGE and (nth + place) % 3 > 0
            marks = [pytest.mark.drill] if later else []
            yield pytest.param(request, node, marks=marks, id=f"{node[:12]!r}x{len(node)}-{name}")


@pytest.mark.parametrize(("request_made", "node"), [*each_nasty_node_for_each_request()])
def test_s2_a_nasty_node_that_is_rightly_signed_is_unknown(
    parties: Parties, request_made: Request, node: bytes
) -> None:
    connector, seal = parties

    assert (
        read_quickly(connector, request_made, enveloped(seal, request_made, node)).state
        is OutcomeState.UNKNOWN
    )


@CASES
@given(request_made=st.sampled_from(REQUESTS), fields=st.dictionaries(FIELD_NAMES, VALUES, max_size=10))
def test_s2_a_signed_answer_of_any_fields_never_raises_and_never_names_another_amount(
    parties: Parties, request_made: Request, fields: dict[str, object]
) -> None:
    connector, seal = parties
    node = msgspec.json.encode({"code": "10000"} | fields)

    outcome = read_quickly(connector, request_made, enveloped(seal, request_made, node))

    assert outcome.order_number == ORDER.order_number
    assert outcome.amount in (None, ORDER.amount, REFUND.amount)
    assert "\x00" not in (outcome.message or "") + (outcome.code or "") + (outcome.payer_hint or "")


@CASES
@given(body=st.binary(max_size=400))
@example(body=b"%" * 60_000)
@example(body=b"a=" + b"%00" * 20_000)
@example(body=b"&" * 65_536)
@example(body=b"x=1" * 400_000)
def test_s2_a_notice_of_any_bytes_is_refused(parties: Parties, body: bytes) -> None:
    assert refused(parties[0], body) is None


@CASES
@given(
    charset=st.sampled_from(["utf-8", "gbk", "GB18030"]),
    fields=st.dictionaries(
        st.sampled_from(
            "notify_time notify_id out_trade_no total_amount refund_fee out_biz_no trade_status trade_no"
            " buyer_logon_id gmt_payment gmt_refund gmt_close".split()
        ),
        st.binary(max_size=30),
        max_size=6,
    ),
)
def test_s2_a_signed_notice_of_any_values_is_refused_or_read(
    parties: Parties, charset: str, fields: dict[str, bytes]
) -> None:
    connector, seal = parties
    whole: dict[str, bytes] = {
        "app_id": APP_ID.encode(),
        "seller_id": SELLER_ID.encode(),
        "charset": charset.encode(),
        "notify_id": b"1",
        "notify_time": b"2026-05-01 12:31:08",
        "out_trade_no": b"att_1",
        "total_amount": b"12.80",
        "trade_status": b"TRADE_SUCCESS",
    } | fields
    content = b"&".join(name.encode() + b"=" + whole[name] for name in sorted(whole))
    body = urlencode(whole | {"sign_type": b"RSA2", "sign": seal.sign(content).encode()}).encode()

    notice = refused(connector, body)

    if notice is not None:
        said = notice.outcome
        assert said is not None
        assert notice.notice_id.isprintable()
        assert said.order_number.isprintable()
        assert (said.payer_hint or "").isprintable()
        assert (said.channel_reference or "").isprintable()


@CASES
@given(
    content=st.one_of(st.binary(max_size=400), st.binary(max_size=100).map(lambda rest: b"PK\x05\x06" + rest))
)
def test_s2_a_record_of_any_bytes_is_refused(parties: Parties, content: bytes) -> None:
    connector, seal = parties
    node = b'{"code":"10000","bill_download_url":"https://bill.example/x"}'
    name = BILL_METHOD.replace(".", "_").encode()
    offer = b'{"%s_response":%s,"sign":"%s"}' % (name, node, seal.sign(node).encode())
    script = Script(*(HttpResponse(status=200, headers={}, body=body) for body in (offer, content)))
    wanted = BillWanted(kind=BillKind.TRADES, day=date(2026, 4, 30))

    with pytest.raises(BillRefused):
        quickly(lambda: script.carry_on(connector.fetch_bill(wanted, now=NOW)))

    assert [asked.url for asked in script.asked[1:]] == ["https://bill.example/x"]


@CASES
@given(body=st.binary(max_size=400))
def test_s2_an_address_of_a_record_of_any_bytes_is_refused(parties: Parties, body: bytes) -> None:
    script = Script(HttpResponse(status=200, headers={}, body=body))
    wanted = BillWanted(kind=BillKind.FUNDS, day=date(2026, 4, 30))

    with pytest.raises(BillRefused):
        quickly(lambda: script.carry_on(parties[0].fetch_bill(wanted, now=NOW)))

    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://bill.example/x",
        "https://bill.example/ x",
        "https://b/\n",
        "file:///etc/passwd",
        "https://" + "x" * 3000,
    ],
)
def test_s2_a_record_is_fetched_from_no_odd_address(parties: Parties, url: str) -> None:
    connector, seal = parties
    node = msgspec.json.encode({"code": "10000", "bill_download_url": url})
    name = BILL_METHOD.replace(".", "_").encode()
    offer = b'{"%s_response":%s,"sign":"%s"}' % (name, node, seal.sign(node).encode())
    script = Script(HttpResponse(status=200, headers={}, body=offer))

    with pytest.raises(BillRefused):
        script.carry_on(
            connector.fetch_bill(BillWanted(kind=BillKind.TRADES, day=date(2026, 4, 30)), now=NOW)
        )

    assert len(script.asked) == 1
