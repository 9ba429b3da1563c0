"""What do answers and notices of UnionPay mean, and what do they not mean?"""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tael.channels.connectors.unionpay.meanings import ERROR_CODES
from tael.channels.connectors.unionpay.values import (
    read_number,
    read_trace_time,
    write_number,
)
from tael.channels.errors import NoticeRefused
from tael.channels.port import (
    ErrorClass,
    InvokeWallet,
    Operation,
    OutcomeState,
    Product,
    Request,
    ShowCode,
)
from tael.foundation.money import Money
from tael.simulators.unionpay.messages import write_form
from tests.unit.unionpay_desk import NOW, ORDER, PAID, REFUND, Desk, sent_by

PAY = Request(operation=Operation.PAY, order=ORDER)
INQUIRE = Request(operation=Operation.INQUIRE, order=ORDER)
GIVE_BACK = Request(operation=Operation.REFUND, order=PAID, refund=REFUND)
ASK_REFUND = Request(operation=Operation.INQUIRE_REFUND, order=PAID, refund=REFUND)
PROBE = Request(operation=Operation.PROBE)
STANDING = {"txnAmt": "1280", "currencyCode": "156", "queryId": "202605011231100000001"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("unionpay"))


def test_an_app_gets_the_number_with_which_it_opens_the_wallet(desk: Desk) -> None:
    outcome = desk.heard(PAY, desk.answer(PAY, tn="611800000000000000001"))
    assert outcome.state is OutcomeState.WAITING
    assert outcome.action == InvokeWallet(parameters={"tn": "611800000000000000001"})


def test_a_code_is_shown_as_unionpay_gave_it(desk: Desk) -> None:
    request = Request(operation=Operation.PAY, order=msgspec.structs.replace(ORDER, product=Product.CODE))
    outcome = desk.heard(request, desk.answer(request, qrCode="https://qr.95516.com/00010000/622"))
    assert outcome.action == ShowCode(code_url="https://qr.95516.com/00010000/622")
    assert sent_by(desk.asked(request))["txnSubType"] == "07"


def test_an_acceptance_without_anything_for_the_payer_is_unknown(desk: Desk) -> None:
    assert desk.heard(PAY, desk.answer(PAY)).state is OutcomeState.UNKNOWN


@pytest.mark.parametrize("code", sorted(ERROR_CODES))
def test_a_refused_order_failed_only_where_the_table_says_that_it_is_definite(desk: Desk, code: str) -> None:
    outcome = desk.heard(PAY, desk.answer(PAY, respCode=code))
    expected = OutcomeState.FAILED if ERROR_CODES[code].definite else OutcomeState.UNKNOWN
    assert (outcome.state, outcome.error_class, outcome.code) == (
        expected,
        ERROR_CODES[code].error_class,
        code,
    )


def test_a_code_that_nobody_told_us_of_decides_nothing(desk: Desk) -> None:
    outcome = desk.heard(PAY, desk.answer(PAY, respCode="B7"))
    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.CHANNEL)


def test_a_paid_order_is_reported_with_its_amount_number_and_hidden_card(desk: Desk) -> None:
    body = desk.answer(
        INQUIRE, origRespCode="00", accNo="6221558812340048", traceTime="0501123200", **STANDING
    )
    outcome = desk.heard(INQUIRE, body)
    assert outcome.state is OutcomeState.SUCCEEDED
    assert outcome.amount == Money(1280, "CNY")
    assert outcome.channel_reference == "202605011231100000001"
    assert outcome.payer_hint == "**** 0048"
    assert outcome.happened_at == datetime(2026, 5, 1, 4, 32, tzinfo=UTC)


def test_success_with_a_flaw_is_success(desk: Desk) -> None:
    assert desk.heard(INQUIRE, desk.answer(INQUIRE, origRespCode="A6", **STANDING)).state is (
        OutcomeState.SUCCEEDED
    )


def test_a_declined_card_ends_nothing_before_the_orders_own_end(desk: Desk) -> None:
    body = desk.answer(INQUIRE, origRespCode="64", **STANDING)
    assert desk.heard(INQUIRE, body).state is OutcomeState.WAITING
    after = ORDER.expires_at + timedelta(minutes=5, seconds=1)
    assert desk.heard(INQUIRE, body, now=after).state is OutcomeState.CLOSED


@pytest.mark.parametrize("code", ["03", "04", "42", "99"])
def test_an_order_of_which_unionpay_is_not_sure_never_closes(desk: Desk, code: str) -> None:
    body = desk.answer(INQUIRE, origRespCode=code, **STANDING)
    after = ORDER.expires_at + timedelta(days=3)
    assert desk.heard(INQUIRE, body, now=after).state is OutcomeState.UNKNOWN


def test_an_order_that_unionpay_has_never_seen_is_absent(desk: Desk) -> None:
    assert desk.heard(INQUIRE, desk.answer(INQUIRE, respCode="34")).state is OutcomeState.ABSENT


@pytest.mark.parametrize(
    "changes",
    [
        {"txnAmt": "1281"},
        {"txnAmt": ""},
        {"txnAmt": "12,80"},
        {"currencyCode": "840"},
        {"merId": "777290058110049"},
        {"orderId": "attZu06dk3vg5m8x4t9c1h2zq7n0rbx"},
        {"txnTime": "20260501123111"},
        {"txnType": "04"},
        {"origRespCode": ""},
    ],
    ids=str,
)
def test_a_success_about_anything_but_our_order_is_unknown(desk: Desk, changes: dict[str, str]) -> None:
    body = desk.answer(INQUIRE, **{"origRespCode": "00", **STANDING, **changes})
    assert desk.heard(INQUIRE, body).state is OutcomeState.UNKNOWN


@pytest.mark.parametrize("body", [b"", b"Invalid request.", b"respCode=00", b"\xff\xfe", b"a=1&a=1", b"{"])
def test_what_is_no_signed_list_of_fields_is_unknown(desk: Desk, body: bytes) -> None:
    outcome = desk.heard(INQUIRE, body)
    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


def test_a_refund_is_under_way_until_its_own_inquiry_says_more(desk: Desk) -> None:
    accepted = desk.heard(GIVE_BACK, desk.answer(GIVE_BACK, queryId="202605011240000000009"))
    assert (accepted.state, accepted.refund_number) == (OutcomeState.WAITING, REFUND.refund_number)
    body = desk.answer(
        ASK_REFUND, txnType="04", origRespCode="00", txnAmt="300", queryId="202605011240000000009"
    )
    done = desk.heard(ASK_REFUND, body)
    assert (done.state, done.amount) == (OutcomeState.SUCCEEDED, Money(300, "CNY"))
    refused = desk.heard(ASK_REFUND, desk.answer(ASK_REFUND, origRespCode="36", txnAmt="300"))
    assert (refused.state, refused.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)


def test_a_refund_sent_twice_is_not_refused_but_asked_for(desk: Desk) -> None:
    outcome = desk.heard(GIVE_BACK, desk.answer(GIVE_BACK, respCode="12"))
    assert outcome.state is OutcomeState.UNKNOWN


def test_a_refund_names_the_payment_and_carries_our_number_of_it(desk: Desk) -> None:
    sent = sent_by(desk.asked(GIVE_BACK))
    assert sent["origQryId"] == PAID.channel_reference
    assert sent["txnTime"] == "20260501123110"
    assert read_number(sent["reqReserved"]) == ORDER.order_number


def test_a_refund_asks_for_the_payments_number_if_nobody_kept_it(desk: Desk) -> None:
    request = Request(operation=Operation.REFUND, order=ORDER, refund=REFUND)
    assert desk.asked(request).url.endswith("/queryTrans.do")
    outcome = desk.heard(request, desk.answer(INQUIRE, origRespCode="05", txnAmt="1280"))
    assert outcome.state is OutcomeState.UNKNOWN


@pytest.mark.parametrize(
    ("code", "state"),
    [("34", OutcomeState.SUCCEEDED), ("11", OutcomeState.FAILED), ("03", OutcomeState.UNKNOWN)],
)
def test_a_probe_tells_whether_our_signature_is_believed(desk: Desk, code: str, state: OutcomeState) -> None:
    assert desk.heard(PROBE, desk.answer(PROBE, respCode=code)).state is state


def test_numbers_that_unionpay_cannot_write_are_refused_before_anything_is_sent(desk: Desk) -> None:
    for number in ("att_" + "x" * 28, "短", "a b c d e f g h", "short"):
        order = msgspec.structs.replace(ORDER, order_number=number)
        conversation = desk.connector.converse(Request(operation=Operation.PAY, order=order), now=NOW)
        with pytest.raises(StopIteration) as end:
            next(conversation)
        assert end.value.value.state is OutcomeState.FAILED
        assert end.value.value.error_class is ErrorClass.REQUEST


@pytest.mark.parametrize("operation", [Operation.INQUIRE, Operation.INQUIRE_REFUND])
def test_nothing_is_said_to_be_absent_if_we_do_not_know_when_it_was_sent(
    desk: Desk, operation: Operation
) -> None:
    request = Request(
        operation=operation,
        order=msgspec.structs.replace(PAID, created_at=None),
        refund=msgspec.structs.replace(REFUND, created_at=None),
    )
    with pytest.raises(StopIteration) as end:
        next(desk.connector.converse(request, now=NOW))
    assert end.value.value.state is OutcomeState.UNKNOWN


@pytest.mark.parametrize("number", ["att_06dk3vg5m8x4t9c1h2zq7n0rby", "Zu-Z_Zh-ZZ", "12345678", "Z_______Z"])
def test_numbers_come_back_as_they_were(number: str) -> None:
    written = write_number(number)
    assert written is not None
    assert written.isalnum()
    assert read_number(written) == number
    assert read_number(written + "Z") is None


def test_a_trace_time_lies_in_the_next_year_if_the_order_began_in_the_old_one() -> None:
    begun = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    assert read_trace_time("0101000010", after=begun) == datetime(2026, 12, 31, 16, 0, 10, tzinfo=UTC)


# Notices


def test_a_notice_of_a_paid_order_says_so(desk: Desk) -> None:
    notice = desk.connector.read_notice(desk.notice(), now=NOW)
    assert notice.notice_id == "01-202605011231100000001"
    assert notice.outcome is not None
    assert notice.outcome.state is OutcomeState.SUCCEEDED
    assert notice.outcome.order_number == ORDER.order_number
    assert notice.outcome.amount == Money(1280, "CNY")


def test_a_notice_of_a_refund_names_refund_and_order(desk: Desk) -> None:
    number, order_number = write_number(REFUND.refund_number), write_number(ORDER.order_number)
    assert number is not None
    assert order_number is not None
    inbound = desk.notice(txnType="04", orderId=number, reqReserved=order_number, txnAmt="300")
    outcome = desk.connector.read_notice(inbound, now=NOW).outcome
    assert outcome is not None
    assert (outcome.state, outcome.refund_number) == (OutcomeState.SUCCEEDED, REFUND.refund_number)
    assert outcome.order_number == ORDER.order_number


def test_a_notice_of_a_failed_refund_says_why(desk: Desk) -> None:
    number = write_number(REFUND.refund_number)
    assert number is not None
    inbound = desk.notice(txnType="04", orderId=number, respCode="89", txnAmt="300")
    outcome = desk.connector.read_notice(inbound, now=NOW).outcome
    assert outcome is not None
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)


def test_a_notice_of_an_order_that_was_not_paid_tells_nothing(desk: Desk) -> None:
    assert desk.connector.read_notice(desk.notice(respCode="64"), now=NOW).outcome is None


def test_a_notice_of_something_that_we_never_do_tells_nothing(desk: Desk) -> None:
    assert desk.connector.read_notice(desk.notice(txnType="31"), now=NOW).outcome is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"merId": "777290058110049"}, "merId"),
        ({"txnTime": "20260401123110"}, "txnTime"),
        ({"txnTime": "20260502123110"}, "txnTime"),
        ({"txnTime": "yesterday"}, "txnTime"),
        ({"queryId": "../../etc"}, "queryId"),
        ({"txnAmt": "-1"}, "txnAmt"),
        ({"currencyCode": "840"}, "txnAmt"),
        ({"orderId": "Z-1"}, "orderId"),
    ],
    ids=str,
)
def test_a_signed_notice_is_refused_if_it_is_not_for_us_or_not_readable(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(NoticeRefused) as refused:
        desk.connector.read_notice(desk.notice(**changes), now=NOW)
    assert refused.value.field == field


def test_a_notice_that_holds_a_field_twice_is_refused(desk: Desk) -> None:
    whole = write_form(desk.seal.seal(desk.notice_fields()))
    with pytest.raises(NoticeRefused, match="twice"):
        desk.connector.read_notice(desk.inbound(whole + b"&txnAmt=1"), now=NOW)
