"""Bars S2 and S7: can anything that is sent make the connector do other than say UNKNOWN or refuse?

Half of the cases are signed with the right key, so that they get past the signature to the code behind it. Of the
others, each differs from a right message in a single bit.
"""

import random
from collections.abc import Iterator, Mapping

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tael.channels.errors import BillRefused, NoticeRefused
from tael.channels.port import (
    BillKind,
    BillWanted,
    HttpResponse,
    InboundNotice,
    Operation,
    OutcomeState,
    Product,
    Request,
)
from tael.simulators.wechatpay import MERCHANT_ID
from tael.testing.alipay import Script, heard
from tests.unit.wechatpay_desk import (
    GIVEN_BACK,
    NOW,
    PAID,
    SENT,
    SHARED,
    Desk,
    desk_in,
    refusal,
    request_for,
)

REQUESTS = [
    request_for(operation)
    for operation in Operation
    if operation
    not in (
        Operation.CAPTURE,
        Operation.INCREMENT,
        Operation.SUBMIT_EVIDENCE,
        Operation.INQUIRE_DISPUTE,
        Operation.SWEEP,
    )
] + [
    request_for(Operation.PAY, product)
    for product in (Product.BARCODE, Product.JSAPI, Product.H5, Product.APP)
]
CASES = settings(
    max_examples=300,
    deadline=2_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
NASTY = [
    b"",
    b"NaN",
    b"1e999",
    b'"\\ud800"',
    b'{"out_trade_no":"order-1","mchid":"1900000109","trade_state":"\\ud800"}',
    b"9" * 5_000,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"amount":{"total":' + b"9" * 5_000 + b"}}",
    b'{"code":"\\u0000"}',
]
NOTHING_KNOWN = (OutcomeState.UNKNOWN, OutcomeState.ABSENT)
WORDS = st.sampled_from(
    ["SUCCESS", "CLOSED", "FAIL", "PROCESSING", "order-1", "refund-1", "split-1", "out1", MERCHANT_ID, "CNY"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                sorted({*PAID, *GIVEN_BACK, *SHARED, *SENT, "total", "refund", "code", "receivers"})
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_in(tmp_path_factory.mktemp("keys"))


def test_s2_rubbish_as_an_answer_decides_nothing(desk: Desk) -> None:
    for request in REQUESTS:
        for body in NASTY:
            for status in (200, 204, 400, 404, 500):
                bare = HttpResponse(status=status, headers={}, body=body)
                assert heard(desk.connector, request, bare, now=NOW).state is OutcomeState.UNKNOWN
                signed = heard(desk.connector, request, desk.answer(body, status=status), now=NOW)
                if status != 204 and request.operation is not Operation.PROBE:
                    assert signed.state is OutcomeState.UNKNOWN


@given(request=st.sampled_from(REQUESTS), body=st.binary(max_size=400), status=st.integers(100, 599))
@CASES
def test_s2_any_bytes_as_an_answer_decide_nothing(
    desk: Desk, request: Request, body: bytes, status: int
) -> None:
    bare = HttpResponse(status=status, headers={}, body=body)

    assert heard(desk.connector, request, bare, now=NOW).state is OutcomeState.UNKNOWN


@given(request=st.sampled_from(REQUESTS), tree=TREES)
@CASES
def test_s2_any_signed_content_is_an_outcome_and_never_more_than_it_says(
    desk: Desk, request: Request, tree: object
) -> None:
    outcome = heard(desk.connector, request, desk.answer(_written(tree)), now=NOW)

    assert outcome.state not in (OutcomeState.AUTHORISED, OutcomeState.ABSENT)
    if outcome.state is OutcomeState.SUCCEEDED and request.operation is not Operation.PROBE:
        assert outcome.amount is not None
    msgspec.json.encode(outcome)


def _written(tree: object) -> bytes:
    """As JSON; what cannot be written becomes nothing."""
    try:
        return msgspec.json.encode(tree)
    except (UnicodeEncodeError, OverflowError, msgspec.MsgspecError):
        return b"null"


@given(
    names=st.dictionaries(
        st.sampled_from(
            [
                "wechatpay-timestamp",
                "wechatpay-nonce",
                "wechatpay-signature",
                "wechatpay-serial",
                "wechatpay-signature-type",
            ]
        ),
        st.text(max_size=30),
    )
)
@example(names={"wechatpay-timestamp": "9" * 400})
@example(names={"wechatpay-signature": "WECHATPAY/SIGNTEST/abc"})
@example(names={"wechatpay-signature": "中文"})
@CASES
def test_s2_any_headers_on_an_answer_decide_nothing(desk: Desk, names: Mapping[str, str]) -> None:
    right = desk.answer(PAID)
    changed = msgspec.structs.replace(right, headers={**right.headers, **names})

    outcome = heard(desk.connector, request_for(Operation.INQUIRE), changed, now=NOW)

    assert (outcome.state is OutcomeState.UNKNOWN) is bool(names)


@given(body=st.binary(max_size=400))
@CASES
def test_s2_any_bytes_as_a_notice_are_refused(desk: Desk, body: bytes) -> None:
    for headers in ({}, desk.answer(body).headers):
        with pytest.raises(NoticeRefused):
            desk.connector.read_notice(InboundNotice(headers=headers, query="", body=body), now=NOW)


@pytest.mark.parametrize("kind", ["TRANSACTION.SUCCESS", "REFUND.SUCCESS"])
def test_s2_rubbish_sealed_in_a_notice_is_refused(desk: Desk, kind: str) -> None:
    for text in NASTY:
        with pytest.raises(NoticeRefused):
            desk.connector.read_notice(desk.notice(kind, text), now=NOW)


@given(tree=TREES)
@CASES
def test_s2_any_content_sealed_in_a_notice_is_read_or_refused(desk: Desk, tree: object) -> None:
    for kind in ("TRANSACTION.SUCCESS", "REFUND.SUCCESS"):
        try:
            notice = desk.connector.read_notice(desk.notice(kind, _written(tree)), now=NOW)
        except NoticeRefused:
            continue
        assert notice.outcome is not None
        assert notice.outcome.amount is not None


@given(content=st.binary(max_size=600))
@example(content=b"\x1f\x8b" + b"\x00" * 50)
@CASES
def test_s2_any_bytes_as_a_record_are_refused(desk: Desk, content: bytes) -> None:
    place = desk.answer(
        {
            "download_url": "https://api.example/v3/billdownload/file?token=x",
            "hash_type": "SHA1",
            "hash_value": "0",
        }
    )
    script = Script(place, HttpResponse(status=200, headers={}, body=content))

    with pytest.raises(BillRefused):
        script.carry_on(desk.connector.fetch_bill(BillWanted(kind=BillKind.TRADES, day=NOW.date()), now=NOW))


# S7


def one_bit_off(right: bytes, *, count: int, seed: int) -> Iterator[bytes]:
    """Copies of `right` with one bit changed."""
    chance = random.Random(seed)
    for _ in range(count):
        bit = chance.randrange(len(right) * 8)
        changed = bytearray(right)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def variants(right: HttpResponse, *, count: int) -> Iterator[tuple[Mapping[str, str], bytes]]:
    """Headers and body, one bit wrong in the body or in one of the headers that speak for it."""
    for body in one_bit_off(right.body, count=count, seed=1):
        yield right.headers, body
    for name in sorted(right.headers):
        value = right.headers[name].encode("latin-1")
        for changed in one_bit_off(value, count=count // 4, seed=2):
            yield {**right.headers, name: changed.decode("latin-1")}, right.body


def test_s7_an_answer_with_one_wrong_bit_is_never_believed(desk: Desk) -> None:
    right = desk.answer(PAID)
    request = request_for(Operation.INQUIRE)
    tried = 0

    for headers, body in variants(right, count=2_500):
        answer = HttpResponse(status=200, headers=headers, body=body)
        assert heard(desk.connector, request, answer, now=NOW).state is OutcomeState.UNKNOWN
        tried += 1

    assert heard(desk.connector, request, right, now=NOW).state is OutcomeState.SUCCEEDED
    assert tried >= 5_000


def test_s7_a_notice_with_one_wrong_bit_is_never_believed(desk: Desk) -> None:
    inbound = desk.notice("TRANSACTION.SUCCESS", PAID)
    right = HttpResponse(status=200, headers=inbound.headers, body=inbound.body)
    tried = 0

    for headers, body in variants(right, count=2_500):
        with pytest.raises(NoticeRefused):
            desk.connector.read_notice(InboundNotice(headers=headers, query="", body=body), now=NOW)
        tried += 1

    assert desk.connector.read_notice(inbound, now=NOW).notice_id == "EV-1"
    assert tried >= 5_000


def test_s7_a_signature_written_in_another_way_is_not_believed(desk: Desk) -> None:
    right = desk.answer(b"", status=204)
    signature = right.headers["wechatpay-signature"]
    assert signature.endswith("==")
    last = signature[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = signature[:-3] + alphabet[alphabet.index(last) + 1] + "=="

    for other in (twin, signature + "\n", signature[:-2], " " + signature):
        answer = msgspec.structs.replace(right, headers={**right.headers, "wechatpay-signature": other})
        assert (
            heard(desk.connector, request_for(Operation.CLOSE), answer, now=NOW).state is OutcomeState.UNKNOWN
        )


def test_s2_an_error_of_any_code_and_status_never_pays_anything(desk: Desk) -> None:
    codes = [*desk.connector.capabilities.error_codes, "NEVER_HEARD_OF"]
    for request in REQUESTS:
        for code in codes:
            for status in (400, 401, 403, 404, 429, 500):
                outcome = heard(desk.connector, request, refusal(status, code), now=NOW)
                paid = outcome.state in (OutcomeState.SUCCEEDED, OutcomeState.WAITING, OutcomeState.CLOSED)
                assert not paid or request.operation is Operation.PROBE
