"""Bar S2: can anything that UnionPay's line carries make the connector do other than say UNKNOWN or refuse?

Half of the cases are signed with the right key, so that they get past the signature to the code behind it.
"""

import base64
import zlib
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tael.channels.connectors.unionpay.clearing import read_clearing_file
from tael.channels.errors import BillRefused, NoticeRefused
from tael.channels.port import BillKind, BillWanted, Notice, Operation, OutcomeState, Product, Request
from tael.simulators.unionpay.messages import write_answer, write_form
from tests.unit.unionpay_desk import NOW, ORDER, PAID, REFUND, Desk, sent_by

CASES = settings(
    max_examples=500,
    deadline=2_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
REQUESTS = [
    Request(operation=Operation.PAY, order=ORDER),
    Request(operation=Operation.INQUIRE, order=ORDER),
    Request(operation=Operation.REFUND, order=PAID, refund=REFUND),
    Request(operation=Operation.INQUIRE_REFUND, order=PAID, refund=REFUND),
    Request(operation=Operation.PROBE),
]
NAMES = st.sampled_from(
    "merId orderId txnTime txnType txnAmt currencyCode respCode origRespCode queryId tn qrCode traceTime accNo".split()
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["00", "05", "34", "A6", "1280", "9" * 5_000, "{" * 200, "=", "\x00", "NaN", "１２８０"]),
)
HARMLESS = {OutcomeState.UNKNOWN, OutcomeState.FAILED, OutcomeState.WAITING, OutcomeState.ABSENT}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("unionpay"))


@CASES
@given(body=st.binary(max_size=2_000), request_at=st.integers(0, len(REQUESTS) - 1))
@example(body=b"a=" + b"{" * 100_000, request_at=1)
@example(body=b"&" * 100_000, request_at=1)
@example(body=b"signPubKeyCert=" + b"A" * 9_000 + b"&signature=AAAA", request_at=1)
def test_no_bytes_but_unionpays_own_ever_mean_anything(desk: Desk, body: bytes, request_at: int) -> None:
    outcome = desk.heard(REQUESTS[request_at], body)
    assert outcome.state is OutcomeState.UNKNOWN


@CASES
@given(changes=st.dictionaries(NAMES, VALUES, max_size=6), request_at=st.integers(0, len(REQUESTS) - 1))
def test_no_signed_answer_means_success_unless_it_is_about_our_order_and_amount(
    desk: Desk, changes: dict[str, str], request_at: int
) -> None:
    request = REQUESTS[request_at]
    sent = sent_by(desk.asked(request))
    fields = {name: sent[name] for name in ("merId", "orderId", "txnTime", "txnType")} | changes
    outcome = desk.heard(request, write_answer(desk.seal.seal(fields)))
    if outcome.state not in HARMLESS:
        assert request.operation is Operation.PROBE or changes["origRespCode"] in ("00", "A6")
        assert request.operation is Operation.PROBE or int(changes["txnAmt"]) in (1280, 300)


@CASES
@given(body=st.binary(max_size=2_000))
@example(body=b"%" * 60_000)
@example(body=b"a=1&" * 20_000)
def test_no_bytes_but_unionpays_own_are_a_notice(desk: Desk, body: bytes) -> None:
    with pytest.raises(NoticeRefused):
        desk.connector.read_notice(desk.inbound(body), now=NOW)


@CASES
@given(changes=st.dictionaries(NAMES, VALUES, max_size=6))
def test_a_signed_notice_is_read_or_refused_and_nothing_else(desk: Desk, changes: dict[str, str]) -> None:
    inbound = desk.inbound(write_form(desk.seal.seal(desk.notice_fields(**changes))))
    try:
        notice = desk.connector.read_notice(inbound, now=NOW)
    except NoticeRefused:
        return
    assert isinstance(notice, Notice)
    if notice.outcome is not None and notice.outcome.state is OutcomeState.SUCCEEDED:
        assert notice.outcome.amount is not None


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


@CASES
@given(content=st.one_of(st.text(max_size=300), st.binary(max_size=500).map(_packed)))
@example(content=base64.b64encode(zlib.compress(b"\0" * 70_000_000)).decode())
def test_a_file_that_is_not_whole_is_refused(content: str) -> None:
    wanted = BillWanted(kind=BillKind.TRADES, day=date(2026, 5, 1))
    with pytest.raises(BillRefused):
        read_clearing_file(wanted, file_name="x.zip", file_content=content, merchant="777290058110048")


def test_only_products_that_are_offered_are_asked_for(desk: Desk) -> None:
    assert desk.connector.capabilities.products == {Product.APP, Product.CODE, Product.H5, Product.PAGE}
