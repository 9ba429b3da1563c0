"""Does the connector read answers as Alipay means them, and nothing into them?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec
import pytest

from tael.channels.connectors.alipay import AlipayConnector
from tael.channels.connectors.alipay.terms import METHODS, PAY_METHODS
from tael.channels.port import (
    HttpResponse,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    RefundOrder,
    Request,
)
from tael.foundation.money import Money
from tael.simulators.alipay.keys import Seal, SimulatorKeys, prepare_keys
from tael.testing.alipay import connector_for, heard

NOW = datetime(2026, 5, 1, 4, 30, tzinfo=UTC)
ORDER = Order(
    order_number="att_1",
    amount=Money(1280, "CNY"),
    subject="两杯咖啡",
    expires_at=datetime(2026, 5, 1, 5, 0, tzinfo=UTC),
    notice_url="https://pay.example/notices/alipay",
)
REFUND = RefundOrder(refund_number="re_1", amount=Money(300, "CNY"), reason="cold")
ABOUT_REFUNDS = (Operation.REFUND, Operation.INQUIRE_REFUND)
ABOUT_ORDERS = (Operation.PAY, Operation.INQUIRE, Operation.CLOSE, Operation.CANCEL, *ABOUT_REFUNDS)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SimulatorKeys:
    return prepare_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def seal(keys: SimulatorKeys) -> Seal:
    return Seal(keys)


@pytest.fixture(scope="module")
def connector(keys: SimulatorKeys) -> AlipayConnector:
    return connector_for(keys, "https://openapi.example/gateway.do")


def request_for(operation: Operation) -> Request:
    return Request(operation=operation, order=ORDER, refund=REFUND if operation in ABOUT_REFUNDS else None)


def node_of(operation: Operation) -> str:
    method = PAY_METHODS[ORDER.product] if operation is Operation.PAY else METHODS[operation]
    return method.replace(".", "_") + "_response"


def envelope(seal: Seal, operation: Operation, node: str, *, name: str | None = None) -> HttpResponse:
    """A signed answer whose node is exactly this text."""
    raw = node.encode()
    body = f'{{"{name or node_of(operation)}":'.encode() + raw + f',"sign":"{seal.sign(raw)}"}}'.encode()
    return HttpResponse(status=200, headers={}, body=body)


class Read(Protocol):
    """Signs an answer of these fields as Alipay does and has it read."""

    def __call__(self, operation: Operation, **fields: object) -> Outcome: ...


@pytest.fixture
def read(connector: AlipayConnector, seal: Seal) -> Read:
    def reading(operation: Operation, **fields: object) -> Outcome:
        node = msgspec.json.encode({"code": "10000", "msg": "Success"} | fields).decode()
        return heard(connector, request_for(operation), envelope(seal, operation, node), now=NOW)

    return reading


# What the codes mean


@pytest.mark.parametrize(
    ("operation", "code", "sub_code", "state"),
    [
        (Operation.INQUIRE, "40004", "ACQ.TRADE_NOT_EXIST", OutcomeState.ABSENT),
        (Operation.INQUIRE, "40004", "ACQ.SYSTEM_ERROR", OutcomeState.UNKNOWN),
        (Operation.INQUIRE, "20000", "aop.ACQ.SYSTEM_ERROR", OutcomeState.UNKNOWN),
        (Operation.INQUIRE, "40002", "isv.invalid-signature", OutcomeState.UNKNOWN),
        (Operation.PAY, "40004", "ACQ.TOTAL_FEE_EXCEED", OutcomeState.FAILED),
        (Operation.PAY, "40004", "ACQ.TRADE_HAS_SUCCESS", OutcomeState.UNKNOWN),
        (Operation.PAY, "40004", "ACQ.CONTEXT_INCONSISTENT", OutcomeState.UNKNOWN),
        (Operation.PAY, "40004", "ACQ.NEVER_HEARD_OF", OutcomeState.UNKNOWN),
        (Operation.PAY, "40006", "isv.insufficient-isv-permissions", OutcomeState.FAILED),
        (Operation.PAY, "20000", "isp.unknow-error", OutcomeState.UNKNOWN),
        (Operation.PAY, "10003", None, OutcomeState.UNKNOWN),
        (Operation.CLOSE, "40004", "ACQ.TRADE_NOT_EXIST", OutcomeState.ABSENT),
        (Operation.CLOSE, "40004", "ACQ.TRADE_STATUS_ERROR", OutcomeState.UNKNOWN),
        (Operation.CANCEL, "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", OutcomeState.UNKNOWN),
        (Operation.REFUND, "40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH", OutcomeState.FAILED),
        (Operation.REFUND, "40004", "ACQ.TRADE_HAS_FINISHED", OutcomeState.FAILED),
        (Operation.REFUND, "40004", "ACQ.DISCORDANT_REPEAT_REQUEST", OutcomeState.UNKNOWN),
        (Operation.REFUND, "40004", "ACQ.SYSTEM_ERROR", OutcomeState.UNKNOWN),
        (Operation.REFUND, "40002", "isv.invalid-signature", OutcomeState.UNKNOWN),
        (Operation.INQUIRE_REFUND, "40004", "ACQ.SYSTEM_ERROR", OutcomeState.UNKNOWN),
    ],
)
def test_a_signed_refusal_means_what_the_table_says(
    read: Read, operation: Operation, code: str | None, sub_code: str | None, state: OutcomeState
) -> None:
    outcome = read(operation, code=code, msg="no", sub_code=sub_code, sub_msg="不行")

    assert outcome.state is state
    assert outcome.code == (sub_code or code)


@pytest.mark.parametrize(
    ("status", "more", "state"),
    [
        ("WAIT_BUYER_PAY", {}, OutcomeState.WAITING),
        ("TRADE_SUCCESS", {}, OutcomeState.SUCCEEDED),
        ("TRADE_FINISHED", {}, OutcomeState.SUCCEEDED),
        ("TRADE_CLOSED", {}, OutcomeState.CLOSED),
        ("TRADE_CLOSED", {"send_pay_date": ""}, OutcomeState.CLOSED),
        ("TRADE_CLOSED", {"refund_fee": "0.00"}, OutcomeState.CLOSED),
        ("TRADE_CLOSED", {"send_pay_date": "2026-05-01 12:31:00"}, OutcomeState.SUCCEEDED),
        ("TRADE_CLOSED", {"refund_fee": "12.80"}, OutcomeState.SUCCEEDED),
        ("TRADE_PENDING", {}, OutcomeState.UNKNOWN),
        (None, {}, OutcomeState.UNKNOWN),
    ],
)
def test_a_trade_status_means_what_the_table_says(
    read: Read, status: str | None, more: dict[str, str], state: OutcomeState
) -> None:
    outcome = read(Operation.INQUIRE, out_trade_no="att_1", total_amount="12.80", trade_status=status, **more)

    assert outcome.state is state


@pytest.mark.parametrize(
    ("status", "more", "given_back_minor"),
    [
        ("TRADE_CLOSED", {"send_pay_date": "2026-05-01 12:31:00"}, 1280),
        ("TRADE_CLOSED", {"refund_fee": "12.80"}, 1280),
        ("TRADE_CLOSED", {}, None),
        ("TRADE_SUCCESS", {"refund_fee": "3.00"}, 300),
        ("TRADE_SUCCESS", {"refund_fee": "0.00"}, None),
        ("TRADE_SUCCESS", {"send_pay_date": "2026-05-01 12:31:00"}, None),
    ],
)
def test_a_trade_that_was_paid_and_is_closed_was_given_back_in_all(
    read: Read, status: str, more: dict[str, str], given_back_minor: int | None
) -> None:
    """So what a cancellation did is known also if its answer was lost."""
    outcome = read(Operation.INQUIRE, out_trade_no="att_1", total_amount="12.80", trade_status=status, **more)

    given_back = outcome.given_back_in_all
    assert (given_back.minor if given_back is not None else None) == given_back_minor


def test_an_inquiry_tells_who_paid_how_much_and_when(read: Read) -> None:
    outcome = read(
        Operation.INQUIRE,
        out_trade_no="att_1",
        trade_no="2026050122001400001234567890",
        total_amount="12.80",
        trade_status="TRADE_SUCCESS",
        buyer_logon_id="138****1234",
        send_pay_date="2026-05-01 12:31:07",
    )

    assert outcome.amount == Money(1280, "CNY")
    assert outcome.channel_reference == "2026050122001400001234567890"
    assert outcome.payer_hint == "138****1234"
    assert outcome.happened_at == datetime(2026, 5, 1, 4, 31, 7, tzinfo=UTC)


# What is compared


def test_another_amount_is_unknown_and_both_amounts_are_named(read: Read) -> None:
    outcome = read(
        Operation.INQUIRE, out_trade_no="att_1", total_amount="12.81", trade_status="TRADE_SUCCESS"
    )

    assert outcome.state is OutcomeState.UNKNOWN
    assert outcome.message == "Alipay names 12.81 CNY, our order is for 12.80 CNY."


@pytest.mark.parametrize("amount", [None, "", "12.800", "-12.80", "1e1", "NaN", "１２.80", "12,80", " 12.80"])
def test_an_amount_that_is_none_is_unknown(read: Read, amount: str | None) -> None:
    outcome = read(Operation.INQUIRE, out_trade_no="att_1", total_amount=amount, trade_status="TRADE_SUCCESS")

    assert outcome.state is OutcomeState.UNKNOWN


@pytest.mark.parametrize("operation", ABOUT_ORDERS)
def test_an_answer_about_another_order_is_unknown(read: Read, operation: Operation) -> None:
    outcome = read(
        operation,
        out_trade_no="att_2",
        total_amount="12.80",
        trade_status="TRADE_SUCCESS",
        qr_code="https://qr.example/x",
        fund_change="Y",
        refund_fee="3.00",
        refund_status="REFUND_SUCCESS",
        refund_amount="3.00",
        out_request_no="re_1",
        action="close",
    )

    assert outcome.state is OutcomeState.UNKNOWN
    assert outcome.order_number == "att_1"


# Codes, closing, refunds


def test_a_code_to_scan_is_waiting(read: Read) -> None:
    outcome = read(Operation.PAY, out_trade_no="att_1", qr_code="https://qr.example/bax1")

    assert outcome.state is OutcomeState.WAITING
    assert outcome.code_url == "https://qr.example/bax1"


@pytest.mark.parametrize("code", [None, "", "https://qr.example/\n", "h" * 2000])
def test_a_success_without_a_code_to_scan_is_unknown(read: Read, code: str | None) -> None:
    assert read(Operation.PAY, out_trade_no="att_1", qr_code=code).state is OutcomeState.UNKNOWN


def test_a_close_that_succeeded_is_closed(read: Read) -> None:
    assert read(Operation.CLOSE, out_trade_no="att_1").state is OutcomeState.CLOSED


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"action": "close", "retry_flag": "N"}, OutcomeState.CLOSED),
        ({"action": "refund", "retry_flag": "N"}, OutcomeState.CLOSED),
        ({"retry_flag": "N"}, OutcomeState.ABSENT),
        ({"action": "refund", "retry_flag": "Y"}, OutcomeState.UNKNOWN),
        ({"action": "dance", "retry_flag": "N"}, OutcomeState.UNKNOWN),
    ],
)
def test_a_cancellation_means_what_it_did(read: Read, fields: dict[str, str], state: OutcomeState) -> None:
    assert read(Operation.CANCEL, out_trade_no="att_1", **fields).state is state


@pytest.mark.parametrize(
    ("fund_change", "refund_fee", "state"),
    [
        ("Y", "3.00", OutcomeState.SUCCEEDED),
        ("Y", "7.50", OutcomeState.SUCCEEDED),
        ("Y", "2.99", OutcomeState.UNKNOWN),
        ("Y", "12.81", OutcomeState.UNKNOWN),
        ("Y", None, OutcomeState.UNKNOWN),
        ("N", "3.00", OutcomeState.UNKNOWN),
        (None, "3.00", OutcomeState.UNKNOWN),
    ],
)
def test_a_refund_succeeded_only_if_this_call_moved_the_money(
    read: Read, fund_change: str | None, refund_fee: str | None, state: OutcomeState
) -> None:
    outcome = read(Operation.REFUND, out_trade_no="att_1", fund_change=fund_change, refund_fee=refund_fee)

    assert outcome.state is state
    assert outcome.refund_number == "re_1"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, OutcomeState.ABSENT),
        ({"out_trade_no": "att_1", "trade_no": "1"}, OutcomeState.ABSENT),
        ({"out_trade_no": "att_1", "out_request_no": "re_1"}, OutcomeState.UNKNOWN),
        ({"refund_status": "REFUND_SUCCESS", "refund_amount": "3.00"}, OutcomeState.UNKNOWN),
        (
            {
                "out_trade_no": "att_1",
                "out_request_no": "re_1",
                "refund_amount": "3.00",
                "refund_status": "REFUND_SUCCESS",
            },
            OutcomeState.SUCCEEDED,
        ),
        (
            {
                "out_trade_no": "att_1",
                "out_request_no": "re_2",
                "refund_amount": "3.00",
                "refund_status": "REFUND_SUCCESS",
            },
            OutcomeState.UNKNOWN,
        ),
        (
            {
                "out_trade_no": "att_1",
                "out_request_no": "re_1",
                "refund_amount": "3.01",
                "refund_status": "REFUND_SUCCESS",
            },
            OutcomeState.UNKNOWN,
        ),
    ],
)
def test_a_refund_inquiry_succeeds_only_for_our_number_and_amount(
    read: Read, fields: dict[str, str], state: OutcomeState
) -> None:
    assert read(Operation.INQUIRE_REFUND, **fields).state is state


# Signatures and form


def test_braces_and_quotes_inside_strings_do_not_disturb_the_signature(
    connector: AlipayConnector, seal: Seal
) -> None:
    node = (
        '{"code":"10000","msg":"}{\\"sign\\":\\"x\\"}","out_trade_no":"att_1",'
        '"subject":"a } lone brace \\\\","total_amount":"12.80","trade_status":"TRADE_SUCCESS"}'
    )

    outcome = heard(
        connector, request_for(Operation.INQUIRE), envelope(seal, Operation.INQUIRE, node), now=NOW
    )

    assert outcome.state is OutcomeState.SUCCEEDED


def test_spaces_inside_the_node_are_part_of_what_is_signed(connector: AlipayConnector, seal: Seal) -> None:
    node = '{ "code" : "40004" , "msg":"x", "sub_code":"ACQ.TRADE_NOT_EXIST" }'
    answer = envelope(seal, Operation.INQUIRE, node)

    assert heard(connector, request_for(Operation.INQUIRE), answer, now=NOW).state is OutcomeState.ABSENT
    squeezed = HttpResponse(status=200, headers={}, body=answer.body.replace(b' "code" ', b'"code"'))
    assert heard(connector, request_for(Operation.INQUIRE), squeezed, now=NOW).state is OutcomeState.UNKNOWN


def test_a_gateway_error_node_is_read_if_it_is_signed(connector: AlipayConnector, seal: Seal) -> None:
    node = '{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-method"}'
    answer = envelope(seal, Operation.PAY, node, name="error_response")

    assert heard(connector, request_for(Operation.PAY), answer, now=NOW).state is OutcomeState.FAILED


def test_an_answer_to_another_question_is_unknown(connector: AlipayConnector, seal: Seal) -> None:
    answer = envelope(seal, Operation.CLOSE, '{"code":"10000","msg":"ok","out_trade_no":"att_1"}')

    assert heard(connector, request_for(Operation.CANCEL), answer, now=NOW).state is OutcomeState.UNKNOWN


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.replace(b'"sign"', b'"sigh"'),
        lambda body: body[: body.index(b',"sign"')] + b"}",
        lambda body: body.replace(b"12.80", b"12.79"),
        lambda body: body.replace(b'"sign":"', b'"sign":"A'),
        lambda body: body.replace(b'"sign":"', b'"sign":" '),
        lambda body: body + b"x",
        lambda body: body[:-1],
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body[:-1] + b"," + body[1:],
        lambda _: b"",
        lambda _: b"null",
        lambda _: b"<html>502</html>",
        lambda body: body + b" " * 1_000_000,
    ],
)
def test_a_spoilt_answer_is_unknown(
    connector: AlipayConnector, seal: Seal, spoil: Callable[[bytes], bytes]
) -> None:
    node = '{"code":"10000","out_trade_no":"att_1","total_amount":"12.80","trade_status":"TRADE_SUCCESS"}'
    answer = envelope(seal, Operation.INQUIRE, node)
    assert heard(connector, request_for(Operation.INQUIRE), answer, now=NOW).state is OutcomeState.SUCCEEDED

    spoilt = HttpResponse(status=200, headers={}, body=spoil(answer.body))

    assert heard(connector, request_for(Operation.INQUIRE), spoilt, now=NOW).state is OutcomeState.UNKNOWN


def test_a_right_answer_with_a_wrong_status_is_unknown(connector: AlipayConnector, seal: Seal) -> None:
    node = '{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}'
    body = envelope(seal, Operation.INQUIRE, node).body

    answer = HttpResponse(status=502, headers={}, body=body)

    assert heard(connector, request_for(Operation.INQUIRE), answer, now=NOW).state is OutcomeState.UNKNOWN
