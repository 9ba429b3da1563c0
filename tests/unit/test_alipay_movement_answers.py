"""What do answers about barcodes, splits and transfers mean, and what do they not mean?"""

from datetime import UTC, datetime

import msgspec
import pytest

from tael.channels.connectors.alipay import AlipayConnector
from tael.channels.connectors.alipay.terms import METHODS, PAY_METHODS
from tael.channels.port import (
    ErrorClass,
    HttpResponse,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    Receiver,
    Request,
    SplitOrder,
)
from tael.foundation.money import Money
from tael.simulators.alipay.keys import Seal, prepare_keys
from tael.testing.alipay import connector_for, heard

NOW = datetime(2026, 5, 1, 4, 30, tzinfo=UTC)
ORDER = Order(
    order_number="att_1",
    amount=Money(1280, "CNY"),
    subject="x",
    expires_at=NOW,
    notice_url="",
    channel_reference="2026050122001400001234567890",
)
SPLIT = SplitOrder(
    split_number="sp_1",
    receivers=[
        Receiver(account="2088000000000009", amount=Money(300, "CNY")),
        Receiver(account="2088000000000010", amount=Money(1000, "CNY")),
    ],
)
PAYOUT = PayoutOrder(payout_number="po_1", amount=Money(5000, "CNY"), payee_account="2088000000000009")
OURS = [
    {"trans_in": "2088000000000009", "amount": 3.0, "state": "SUCCESS"},
    {"trans_in": "2088000000000010", "amount": 10, "state": "SUCCESS"},
]
Parties = tuple[AlipayConnector, Seal]


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    keys = prepare_keys(tmp_path_factory.mktemp("keys"))
    return connector_for(keys, "https://openapi.example/gateway.do"), Seal(keys)


def read(parties: Parties, request: Request, **fields: object) -> Outcome:
    connector, seal = parties
    paying = request.operation is Operation.PAY
    method = PAY_METHODS[request.the_order().product] if paying else METHODS[request.operation]
    node = msgspec.json.encode({"code": "10000", "msg": "Success"} | fields)
    name = method.replace(".", "_").encode()
    body = b'{"%s_response":%s,"sign":"%s"}' % (name, node, seal.sign(node).encode())
    return heard(connector, request, HttpResponse(status=200, headers={}, body=body), now=NOW)


def barcode(**changes: object) -> Request:
    order = msgspec.structs.replace(ORDER, product=Product.BARCODE, payer_code="28123", **changes)
    return Request(operation=Operation.PAY, order=order)


# Barcodes


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"out_trade_no": "att_1", "total_amount": "12.80", "trade_no": "1"}, OutcomeState.SUCCEEDED),
        ({"out_trade_no": "att_1", "total_amount": "12.81", "trade_no": "1"}, OutcomeState.UNKNOWN),
        ({"out_trade_no": "att_1", "total_amount": "12.80"}, OutcomeState.UNKNOWN),
        ({"out_trade_no": "att_1", "trade_no": "1"}, OutcomeState.UNKNOWN),
        ({"out_trade_no": "att_2", "total_amount": "12.80", "trade_no": "1"}, OutcomeState.UNKNOWN),
        ({"code": "10003", "out_trade_no": "att_1"}, OutcomeState.WAITING),
        ({"code": "10003", "out_trade_no": "att_2"}, OutcomeState.UNKNOWN),
    ],
)
def test_a_barcode_succeeded_only_with_our_order_and_amount(
    parties: Parties, fields: dict[str, str], state: OutcomeState
) -> None:
    assert read(parties, barcode(), **fields).state is state


def test_a_barcode_turned_away_at_the_door_is_unknown_and_a_code_is_refused(parties: Parties) -> None:
    """The first may have been sent before, and been paid; with the second nobody can pay."""
    refusal = {"code": "40005", "msg": "Call Limited", "sub_code": "isv.call-limited"}

    first = read(parties, barcode(), **refusal)
    second = read(parties, Request(operation=Operation.PAY, order=ORDER), **refusal)

    assert (first.state, first.error_class) == (OutcomeState.UNKNOWN, ErrorClass.BUSY)
    assert (second.state, second.error_class) == (OutcomeState.FAILED, ErrorClass.BUSY)


# Splits


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (("SUCCESS", "SUCCESS"), OutcomeState.SUCCEEDED),
        (("SUCCESS", "PROCESSING"), OutcomeState.WAITING),
        (("PROCESSING", "PROCESSING"), OutcomeState.WAITING),
        (("FAIL", "FAIL"), OutcomeState.FAILED),
        (("SUCCESS", "FAIL"), OutcomeState.UNKNOWN),
        (("FAIL", "PROCESSING"), OutcomeState.UNKNOWN),
        (("SUCCESS", None), OutcomeState.UNKNOWN),
    ],
)
def test_a_split_is_what_all_its_parts_are(
    parties: Parties, states: tuple[str, str], state: OutcomeState
) -> None:
    parts = [part | {"state": said} for part, said in zip(OURS, states, strict=True)]
    request = Request(operation=Operation.INQUIRE_SPLIT, order=ORDER, split=SPLIT)

    outcome = read(parties, request, out_request_no="sp_1", royalty_detail_list=parts)

    assert (outcome.state, outcome.split_number) == (state, "sp_1")


@pytest.mark.parametrize(
    "parts",
    [
        None,
        [],
        OURS[:1],
        [*OURS, OURS[0]],
        [OURS[0] | {"amount": 3.01}, OURS[1]],
        [OURS[0] | {"trans_in": "2088000000000011"}, OURS[1]],
        [OURS[0] | {"amount": "3.00.0"}, OURS[1]],
        [OURS[0] | {"amount": None}, OURS[1]],
        [OURS[0] | {"amount": 1e300}, OURS[1]],
    ],
)
def test_a_split_with_other_parts_than_ours_is_unknown(parties: Parties, parts: object) -> None:
    request = Request(operation=Operation.INQUIRE_SPLIT, order=ORDER, split=SPLIT)

    outcome = read(parties, request, out_request_no="sp_1", royalty_detail_list=parts)

    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


# Transfers


@pytest.mark.parametrize(
    ("fields", "state", "error_class"),
    [
        ({"status": "SUCCESS"}, OutcomeState.SUCCEEDED, None),
        ({"status": "DEALING"}, OutcomeState.WAITING, None),
        ({"status": "INIT"}, OutcomeState.WAITING, None),
        ({"status": "FAIL", "error_code": "PAYEE_USER_INFO_ERROR"}, OutcomeState.FAILED, ErrorClass.PAYER),
        ({"status": "REFUND"}, OutcomeState.UNKNOWN, ErrorClass.TRUST),
        ({"status": None}, OutcomeState.UNKNOWN, ErrorClass.TRUST),
        ({"status": "SUCCESS", "trans_amount": "50.01"}, OutcomeState.UNKNOWN, ErrorClass.TRUST),
        ({"status": "SUCCESS", "trans_amount": None}, OutcomeState.UNKNOWN, ErrorClass.TRUST),
        ({"status": "SUCCESS", "out_biz_no": "po_2"}, OutcomeState.UNKNOWN, ErrorClass.TRUST),
        ({"code": "40004", "sub_code": "ORDER_NOT_EXIST"}, OutcomeState.ABSENT, None),
        ({"code": "40004", "sub_code": "SYSTEM_ERROR"}, OutcomeState.UNKNOWN, ErrorClass.CHANNEL),
        ({"code": "20000"}, OutcomeState.UNKNOWN, ErrorClass.CHANNEL),
    ],
)
def test_a_transfer_is_what_its_inquiry_says_of_our_number_and_amount(
    parties: Parties, fields: dict[str, str], state: OutcomeState, error_class: ErrorClass | None
) -> None:
    request = Request(operation=Operation.INQUIRE_PAYOUT, payout=PAYOUT)
    whole = {"out_biz_no": "po_1", "trans_amount": "50.00", "order_id": "2026050111007"} | fields

    outcome = read(parties, request, **whole)

    assert (outcome.state, outcome.error_class) == (state, error_class)
    assert outcome.payout_number == "po_1"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"code": "40004", "sub_code": "BALANCE_IS_NOT_ENOUGH"}, OutcomeState.FAILED),
        ({"code": "40004", "sub_code": "DUPLICATE_REQUEST"}, OutcomeState.UNKNOWN),
        ({"code": "40004", "sub_code": "NEVER_HEARD_OF"}, OutcomeState.UNKNOWN),
        ({"code": "40002", "sub_code": "isv.invalid-signature"}, OutcomeState.UNKNOWN),
        ({"out_biz_no": "po_2", "status": "SUCCESS"}, OutcomeState.UNKNOWN),
        ({"out_biz_no": "po_1", "status": "SUCCESS"}, OutcomeState.UNKNOWN),
    ],
)
def test_sending_a_transfer_decides_by_itself_only_what_the_table_says(
    parties: Parties, fields: dict[str, str], state: OutcomeState
) -> None:
    """The last case: the inquiry that follows is answered with the same words, which are not to its question."""
    request = Request(operation=Operation.PAY_OUT, payout=PAYOUT)

    assert read(parties, request, **fields).state is state
