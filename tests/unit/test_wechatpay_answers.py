"""Does the connector read answers as WeChat Pay means them, and nothing into them?"""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tael.channels.port import (
    ErrorClass,
    HttpResponse,
    Operation,
    Outcome,
    OutcomeState,
    Product,
    Receiver,
    SplitOrder,
)
from tael.foundation.money import Money
from tael.testing.alipay import heard
from tests.unit.wechatpay_desk import GIVEN_BACK, NOW, PAID, SENT, SHARED, Desk, desk_in, refusal, request_for

S, E = OutcomeState, ErrorClass


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_in(tmp_path_factory.mktemp("keys"))


def asked(
    desk: Desk, operation: Operation, *answers: HttpResponse, product: Product = Product.CODE
) -> Outcome:
    return heard(desk.connector, request_for(operation, product), *answers, now=NOW)


# What a signed answer says


@pytest.mark.parametrize(
    ("word", "state", "error_class"),
    [
        ("NOTPAY", S.WAITING, None),
        ("USERPAYING", S.WAITING, None),
        ("SUCCESS", S.SUCCEEDED, None),
        ("REFUND", S.SUCCEEDED, None),
        ("CLOSED", S.CLOSED, None),
        ("REVOKED", S.CLOSED, None),
        ("PAYERROR", S.FAILED, E.PAYER),
        ("SOMETHING_NEW", S.UNKNOWN, E.TRUST),
    ],
)
def test_a_trade_state_means_what_the_table_says(
    desk: Desk, word: str, state: OutcomeState, error_class: ErrorClass | None
) -> None:
    outcome = asked(desk, Operation.INQUIRE, desk.answer({**PAID, "trade_state": word}))

    assert (outcome.state, outcome.error_class, outcome.code) == (state, error_class, word)


@pytest.mark.parametrize(
    "changes",
    [
        {"mchid": "1900000999"},
        {"out_trade_no": "order-2"},
        {"amount": {"total": 1281, "currency": "CNY"}},
        {"amount": {"total": 1280, "currency": "USD"}},
        {"amount": {"total": -1280, "currency": "CNY"}},
        {"amount": {"total": 1280.0, "currency": "CNY"}},
        {"amount": {"total": "1280", "currency": "CNY"}},
        {"amount": {"total": True, "currency": "CNY"}},
        {"amount": None},
        {"amount": {}},
    ],
)
def test_a_payment_that_is_not_ours_to_the_fen_is_not_believed(desk: Desk, changes: dict[str, Any]) -> None:
    outcome = asked(desk, Operation.INQUIRE, desk.answer({**PAID, **changes}))

    assert (outcome.state, outcome.error_class) == (S.UNKNOWN, E.TRUST)


@pytest.mark.parametrize(
    "body",
    [
        b'{"mchid":"1900000109","mchid":"1900000109","out_trade_no":"order-1","trade_state":"CLOSED"}',
        b'{"mchid":"1900000109","out_trade_no":"order-1","trade_state":"CLOSED","x":NaN}',
        b'{"mchid":"1900000109","out_trade_no":"order-1","trade_state":["CLOSED"]}',
        b'["CLOSED"]',
        b"",
        b"\xff",
    ],
)
def test_a_signed_answer_in_another_form_is_not_believed(desk: Desk, body: bytes) -> None:
    assert asked(desk, Operation.INQUIRE, desk.answer(body)).state is S.UNKNOWN


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_answer_from_another_time_is_not_believed(desk: Desk, seconds: int) -> None:
    answer = desk.answer(PAID, now=NOW + timedelta(seconds=seconds))

    outcome = asked(desk, Operation.INQUIRE, answer)

    assert (outcome.state, outcome.error_class) == (S.UNKNOWN, E.TRUST)


def test_an_empty_success_needs_a_signature_like_any_other(desk: Desk) -> None:
    signed = desk.answer(b"", status=204)
    bare = HttpResponse(status=204, headers={}, body=b"")

    assert asked(desk, Operation.CLOSE, signed).state is S.CLOSED
    assert asked(desk, Operation.CLOSE, bare).state is S.UNKNOWN
    assert asked(desk, Operation.CLOSE, desk.answer({}, status=202)).state is S.UNKNOWN


@pytest.mark.parametrize(
    ("word", "state", "error_class"),
    [
        ("SUCCESS", S.SUCCEEDED, None),
        ("PROCESSING", S.WAITING, None),
        ("CLOSED", S.FAILED, E.ACCOUNT),
        ("ABNORMAL", S.UNKNOWN, E.ACCOUNT),
        ("SOMETHING_NEW", S.UNKNOWN, E.TRUST),
    ],
)
def test_a_refund_state_means_what_the_table_says(
    desk: Desk, word: str, state: OutcomeState, error_class: ErrorClass | None
) -> None:
    answer = desk.answer({**GIVEN_BACK, "status": word})

    for operation in (Operation.REFUND, Operation.INQUIRE_REFUND):
        outcome = asked(desk, operation, answer)
        assert (outcome.state, outcome.error_class) == (state, error_class)
        assert (outcome.refund_number, outcome.amount) == ("refund-1", Money(300, "CNY"))


@pytest.mark.parametrize(
    "changes",
    [
        {"out_refund_no": "refund-2"},
        {"out_trade_no": "order-2"},
        {"amount": {"total": 1280, "refund": 301}},
        {"amount": {"total": 1281, "refund": 300}},
        {"amount": {"total": 1280}},
    ],
)
def test_a_refund_that_is_not_ours_to_the_fen_is_not_believed(desk: Desk, changes: dict[str, Any]) -> None:
    assert asked(desk, Operation.INQUIRE_REFUND, desk.answer({**GIVEN_BACK, **changes})).state is S.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, S.SUCCEEDED),
        ({"state": "PROCESSING"}, S.WAITING),
        ({"out_order_no": "split-2"}, S.UNKNOWN),
        ({"transaction_id": "4200000"}, S.UNKNOWN),
        ({"receivers": []}, S.UNKNOWN),
        ({"receivers": [{"account": "1900000110", "amount": 201, "result": "SUCCESS"}]}, S.UNKNOWN),
        ({"receivers": [{"account": "1900000111", "amount": 200, "result": "SUCCESS"}]}, S.UNKNOWN),
        ({"receivers": [{"account": "1900000110", "amount": 200, "result": "CLOSED"}]}, S.FAILED),
        ({"receivers": [{"account": "1900000110", "amount": 200, "result": "PENDING"}]}, S.UNKNOWN),
    ],
)
def test_a_split_succeeded_only_if_everybody_got_what_we_said(
    desk: Desk, changes: dict[str, Any], state: OutcomeState
) -> None:
    assert asked(desk, Operation.INQUIRE_SPLIT, desk.answer({**SHARED, **changes})).state is state


def test_a_split_in_which_only_some_got_their_part_is_for_people(desk: Desk) -> None:
    parts = [Receiver(account=account, amount=Money(100, "CNY")) for account in ("1900000110", "1900000111")]
    request = msgspec.structs.replace(
        request_for(Operation.INQUIRE_SPLIT), split=SplitOrder(split_number="split-1", receivers=parts)
    )
    results = [
        {"account": "1900000110", "amount": 100, "result": "SUCCESS"},
        {"account": "1900000111", "amount": 100, "result": "CLOSED", "fail_reason": "ACCOUNT_ABNORMAL"},
    ]

    outcome = heard(desk.connector, request, desk.answer({**SHARED, "receivers": results}), now=NOW)

    assert (outcome.state, outcome.error_class) == (S.UNKNOWN, E.REQUEST)
    assert outcome.message == "ACCOUNT_ABNORMAL"


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, S.SUCCEEDED),
        *(({"state": word}, S.WAITING) for word in ("ACCEPTED", "PROCESSING", "TRANSFERING", "CANCELING")),
        ({"state": "CANCELLED"}, S.FAILED),
        ({"state": "FAIL", "fail_reason": "REALNAME_CHECK_FAIL"}, S.FAILED),
        ({"state": "SOMETHING_NEW"}, S.UNKNOWN),
        ({"out_bill_no": "out2"}, S.UNKNOWN),
        ({"mch_id": "1900000999"}, S.UNKNOWN),
        ({"openid": "somebody_else"}, S.UNKNOWN),
        ({"transfer_amount": 5001}, S.UNKNOWN),
        ({"transfer_amount": None}, S.WAITING),
    ],
)
def test_a_payout_succeeded_only_if_ours_was_sent_to_the_fen(
    desk: Desk, changes: dict[str, Any], state: OutcomeState
) -> None:
    assert asked(desk, Operation.INQUIRE_PAYOUT, desk.answer({**SENT, **changes})).state is state


# What an unsigned error says


@pytest.mark.parametrize(
    ("product", "error", "state", "error_class"),
    [
        (Product.CODE, (400, "PARAM_ERROR"), S.FAILED, E.REQUEST),
        (Product.CODE, (403, "NO_AUTH"), S.FAILED, E.ACCOUNT),
        (Product.JSAPI, (401, "SIGN_ERROR"), S.FAILED, E.ACCOUNT),
        (Product.H5, (429, "FREQUENCY_LIMITED"), S.FAILED, E.BUSY),
        (Product.CODE, (403, "OUT_TRADE_NO_USED"), S.UNKNOWN, E.REQUEST),
        (Product.CODE, (400, "INVALID_REQUEST"), S.UNKNOWN, E.REQUEST),
        (Product.CODE, (400, "ORDER_CLOSED"), S.UNKNOWN, E.REQUEST),
        (Product.CODE, (403, "TRADE_ERROR"), S.UNKNOWN, E.DECLINED),
        (Product.CODE, (500, "SYSTEM_ERROR"), S.UNKNOWN, E.CHANNEL),
        (Product.CODE, (500, "PARAM_ERROR"), S.UNKNOWN, E.REQUEST),
        (Product.CODE, (400, "NEVER_HEARD_OF"), S.UNKNOWN, E.CHANNEL),
        (Product.BARCODE, (400, "PARAM_ERROR"), S.UNKNOWN, E.REQUEST),
        (Product.BARCODE, (403, "NO_AUTH"), S.UNKNOWN, E.ACCOUNT),
        (Product.BARCODE, (403, "TRADE_ERROR"), S.UNKNOWN, E.DECLINED),
        (Product.BARCODE, (500, "BANK_ERROR"), S.UNKNOWN, E.CHANNEL),
    ],
)
def test_an_error_at_the_beginning_means_what_the_table_says(
    desk: Desk, product: Product, error: tuple[int, str], state: OutcomeState, error_class: ErrorClass
) -> None:
    outcome = asked(desk, Operation.PAY, refusal(*error), product=product)

    assert (outcome.state, outcome.error_class, outcome.code) == (state, error_class, error[1])


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (refusal(404, "ORDER_NOT_EXIST"), S.FAILED),
        (refusal(500, "SYSTEM_ERROR"), S.UNKNOWN),
        ({**PAID, "trade_state": "PAYERROR"}, S.FAILED),
        (PAID, S.SUCCEEDED),
    ],
)
def test_a_refused_code_of_a_payer_has_failed_only_if_the_order_says_nothing_else(
    desk: Desk, found: Any, state: OutcomeState
) -> None:
    answer = found if isinstance(found, HttpResponse) else desk.answer(found)

    outcome = asked(desk, Operation.PAY, refusal(403, "NOT_ENOUGH"), answer, product=Product.BARCODE)

    assert outcome.state is state


@pytest.mark.parametrize(
    ("code", "status", "found", "state"),
    [
        ("NOT_ENOUGH", 403, refusal(404, "RESOURCE_NOT_EXISTS"), S.FAILED),
        ("INVALID_REQUEST", 400, refusal(404, "RESOURCE_NOT_EXISTS"), S.FAILED),
        ("INVALID_REQUEST", 400, refusal(500, "SYSTEM_ERROR"), S.UNKNOWN),
        ("INVALID_REQUEST", 400, GIVEN_BACK, S.SUCCEEDED),
        ("FREQUENCY_LIMITED", 429, refusal(404, "RESOURCE_NOT_EXISTS"), S.UNKNOWN),
        ("SIGN_ERROR", 401, refusal(404, "RESOURCE_NOT_EXISTS"), S.UNKNOWN),
        ("SYSTEM_ERROR", 500, refusal(404, "RESOURCE_NOT_EXISTS"), S.UNKNOWN),
    ],
)
def test_a_refused_refund_has_failed_only_if_its_number_is_unknown(
    desk: Desk, code: str, status: int, found: Any, state: OutcomeState
) -> None:
    answer = found if isinstance(found, HttpResponse) else desk.answer(found)

    assert asked(desk, Operation.REFUND, refusal(status, code), answer).state is state


@pytest.mark.parametrize("code", ["NOT_ENOUGH", "PARAM_ERROR", "INVALID_REQUEST", "NO_AUTH", "SYSTEM_ERROR"])
def test_no_error_decides_what_became_of_a_payout(desk: Desk, code: str) -> None:
    for status in (400, 403, 500):
        assert asked(desk, Operation.PAY_OUT, refusal(status, code)).state is S.UNKNOWN


@pytest.mark.parametrize(
    "operation",
    [Operation.INQUIRE, Operation.INQUIRE_REFUND, Operation.INQUIRE_SPLIT, Operation.INQUIRE_PAYOUT],
)
def test_an_unknown_number_is_absent_and_nothing_more(desk: Desk, operation: Operation) -> None:
    assert asked(desk, operation, refusal(404, "RESOURCE_NOT_EXISTS")).state is S.ABSENT
    assert asked(desk, operation, refusal(400, "RESOURCE_NOT_EXISTS")).state is S.UNKNOWN
    assert asked(desk, operation, HttpResponse(status=404, headers={}, body=b"<html>")).state is S.UNKNOWN


@pytest.mark.parametrize(("days", "state"), [(29, S.ABSENT), (31, S.UNKNOWN)])
def test_a_payout_that_is_too_old_to_be_told_of_is_not_called_absent(
    desk: Desk, days: int, state: OutcomeState
) -> None:
    request = request_for(Operation.INQUIRE_PAYOUT)
    payout = msgspec.structs.replace(request.the_payout(), created_at=NOW - timedelta(days=days))

    outcome = heard(
        desk.connector,
        msgspec.structs.replace(request, payout=payout),
        refusal(404, "NOT_FOUND"),
        now=NOW,
    )

    assert outcome.state is state


def test_an_error_that_is_signed_must_be_signed_well(desk: Desk) -> None:
    body = b'{"code":"ORDER_NOT_EXIST","message":"no"}'
    signed = desk.answer(body, status=404)
    forged = msgspec.structs.replace(signed, body=body + b" ")

    assert asked(desk, Operation.INQUIRE, signed).state is S.ABSENT
    assert asked(desk, Operation.INQUIRE, forged).state is S.UNKNOWN
