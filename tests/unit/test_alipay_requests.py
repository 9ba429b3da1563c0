"""Does the connector say to Alipay what it should, signed by the right key?"""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec
import pytest

from tael.channels.connectors.alipay import AlipayConnector, AlipayCredentials, AlipaySettings
from tael.channels.connectors.alipay.meanings import ABSENT, DEFINITE, error_codes
from tael.channels.connectors.alipay.terms import METHODS, PAY_METHODS
from tael.channels.errors import NotOffered
from tael.channels.port import (
    ErrorClass,
    ErrorMeaning,
    GoTo,
    HttpRequest,
    InvokeWallet,
    Operation,
    Order,
    OutcomeState,
    PayoutOrder,
    PostForm,
    Product,
    Receiver,
    RefundOrder,
    Request,
    SplitOrder,
)
from tael.foundation.money import Money
from tael.simulators.alipay.keys import Seal, SimulatorKeys, prepare_keys, signing_text
from tael.testing.alipay import Script, connector_for

NOW = datetime(2026, 5, 1, 4, 30, tzinfo=UTC)
ORDER = Order(
    order_number="att_1",
    amount=Money(1280, "CNY"),
    subject="两杯咖啡",
    expires_at=datetime(2026, 5, 1, 5, 0, tzinfo=UTC),
    channel_reference="2026050122001400001234567890",
    notice_url="https://pay.example/notices/alipay",
)
REFUND = RefundOrder(refund_number="re_1", amount=Money(300, "CNY"), reason="cold")
SPLIT = SplitOrder(
    split_number="sp_1",
    receivers=[
        Receiver(account="2088000000000009", amount=Money(300, "CNY"), description="commission"),
        Receiver(account="agent@example.com", amount=Money(5, "CNY")),
    ],
)
PAYOUT = PayoutOrder(
    payout_number="po_1",
    amount=Money(300, "CNY"),
    payee_account="agent@example.com",
    payee_name="王五",
    purpose="wages",
)


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
    return Request(operation=operation, order=ORDER, refund=REFUND, split=SPLIT, payout=PAYOUT)


def parameters_of(connector: AlipayConnector, request: Request) -> dict[str, str]:
    message = next(connector.converse(request, now=NOW))
    assert isinstance(message, HttpRequest)
    query = parse_qs(urlsplit(message.url).query, strict_parsing=True)
    form = parse_qs(message.body.decode(), strict_parsing=True)
    return {name: values[0] for name, values in (query | form).items()}


@pytest.mark.parametrize("operation", [Operation.PAY, *METHODS])
def test_every_request_is_signed_over_all_its_parameters(
    connector: AlipayConnector, seal: Seal, operation: Operation
) -> None:
    sent = parameters_of(connector, request_for(operation))

    assert seal.signed_by_app(signing_text(sent, "sign").encode(), sent["sign"])
    assert sent["method"] == (METHODS | {Operation.PAY: PAY_METHODS[ORDER.product]})[operation]
    assert sent["timestamp"] == "2026-05-01 12:30:00"
    assert not seal.signed_by_app(signing_text(sent, "sign", "sign_type").encode(), sent["sign"])


def test_a_code_is_asked_for_with_amount_subject_and_end(connector: AlipayConnector) -> None:
    sent = parameters_of(connector, request_for(Operation.PAY))

    assert msgspec.json.decode(sent["biz_content"]) == {
        "out_trade_no": "att_1",
        "total_amount": "12.80",
        "subject": "两杯咖啡",
        "product_code": "QR_CODE_OFFLINE",
        "time_expire": "2026-05-01 13:00:00",
    }
    assert sent["notify_url"] == ORDER.notice_url


def test_a_refund_always_carries_its_number(connector: AlipayConnector) -> None:
    sent = parameters_of(connector, request_for(Operation.REFUND))

    assert msgspec.json.decode(sent["biz_content"]) == {
        "out_trade_no": "att_1",
        "refund_amount": "3.00",
        "out_request_no": "re_1",
        "refund_reason": "cold",
    }


def test_a_subject_loses_what_alipay_refuses(connector: AlipayConnector) -> None:
    order = msgspec.structs.replace(ORDER, subject="a/b=c&d\n\x00" + "长" * 300)
    sent = parameters_of(connector, Request(operation=Operation.PAY, order=order))

    subject = msgspec.json.decode(sent["biz_content"])["subject"]

    assert subject.startswith("a／b＝c＆d长")
    assert len(subject) <= 256


def test_credentials_do_not_show_their_keys(keys: SimulatorKeys) -> None:
    credentials = AlipayCredentials(
        app_private_key=keys.app_private_pem, alipay_public_keys=keys.alipay_public_pem
    )

    assert "BEGIN" not in repr(credentials)
    assert "BEGIN" not in repr(keys)


def test_a_barcode_is_sent_with_what_the_payer_shows(connector: AlipayConnector) -> None:
    order = msgspec.structs.replace(ORDER, product=Product.BARCODE, payer_code="280000000000000000")
    sent = parameters_of(connector, Request(operation=Operation.PAY, order=order))

    content = msgspec.json.decode(sent["biz_content"])
    assert sent["method"] == "alipay.trade.pay"
    assert (content["scene"], content["auth_code"]) == ("bar_code", "280000000000000000")
    assert content["product_code"] == "FACE_TO_FACE_PAYMENT"


@pytest.mark.parametrize(
    ("payer", "name"), [("2088000000000009", "buyer_id"), ("066JDl9PfFdQnN1", "buyer_open_id")]
)
def test_a_payer_in_the_wallet_is_named_by_the_kind_of_their_id(
    connector: AlipayConnector, payer: str, name: str
) -> None:
    order = msgspec.structs.replace(ORDER, product=Product.JSAPI, payer_id=payer)
    sent = parameters_of(connector, Request(operation=Operation.PAY, order=order))

    assert msgspec.json.decode(sent["biz_content"])[name] == payer


@pytest.mark.parametrize("product", [Product.PAGE, Product.H5, Product.APP])
def test_what_the_payer_brings_is_signed_and_nothing_is_sent(
    connector: AlipayConnector, seal: Seal, product: Product
) -> None:
    order = msgspec.structs.replace(ORDER, product=product, return_url="https://shop.example/back?a=1")
    script = Script()

    outcome = script.carry_on(connector.converse(Request(operation=Operation.PAY, order=order), now=NOW))

    assert script.asked == []
    assert outcome.state is OutcomeState.WAITING
    match outcome.action:
        case PostForm(url=url, fields=fields):
            sent = dict(fields) | dict(parse_qsl(urlsplit(url).query))
        case GoTo(url=url):
            sent = dict(parse_qsl(urlsplit(url).query))
        case InvokeWallet(parameters=parameters):
            sent = dict(parse_qsl(parameters["order_string"]))
        case _:
            pytest.fail("there is nothing for the payer to do")
    assert sent["method"] == PAY_METHODS[product]
    assert seal.signed_by_app(signing_text(sent, "sign").encode(), sent["sign"])
    assert (sent["return_url"], sent["notify_url"]) == (order.return_url, ORDER.notice_url)


def test_a_split_names_every_receiver_and_ends_with_the_last(connector: AlipayConnector) -> None:
    sent = parameters_of(connector, request_for(Operation.SPLIT))

    content = msgspec.json.decode(sent["biz_content"])
    assert (content["out_request_no"], content["trade_no"]) == ("sp_1", ORDER.channel_reference)
    assert [
        (part["trans_in"], part["trans_in_type"], part["amount"]) for part in content["royalty_parameters"]
    ] == [("2088000000000009", "userId", "3.00"), ("agent@example.com", "loginName", "0.05")]
    assert content["extend_params"] == {"royalty_finish": "true"}


def test_a_transfer_names_payee_amount_and_number(connector: AlipayConnector) -> None:
    sent = parameters_of(connector, request_for(Operation.PAY_OUT))

    content = msgspec.json.decode(sent["biz_content"])
    assert (content["out_biz_no"], content["trans_amount"]) == ("po_1", "3.00")
    assert content["payee_info"] == {
        "identity": "agent@example.com",
        "identity_type": "ALIPAY_LOGON_ID",
        "name": "王五",
    }
    assert len(sent["app_cert_sn"]) == len(sent["alipay_root_cert_sn"]) == 32


def test_without_certificates_there_are_no_transfers(keys: SimulatorKeys) -> None:
    connector = AlipayConnector(
        AlipaySettings(gateway_url="x", app_id="1", seller_id="2"),
        AlipayCredentials(app_private_key=keys.app_private_pem, alipay_public_keys=keys.alipay_public_pem),
    )

    assert Operation.PAY_OUT not in connector.capabilities.operations
    with pytest.raises(NotOffered):
        next(connector.converse(request_for(Operation.PAY_OUT), now=NOW))


def test_every_code_that_ends_an_operation_is_of_a_known_kind() -> None:
    codes = error_codes()

    for table in (DEFINITE, ABSENT):
        for operation, named in table.items():
            assert named <= set(codes), operation
    assert codes["ACQ.SELLER_BALANCE_NOT_ENOUGH"] == ErrorMeaning(ErrorClass.ACCOUNT, definite=True)
    assert codes["ACQ.SYSTEM_ERROR"] == ErrorMeaning(ErrorClass.CHANNEL, definite=False)


def test_keys_may_be_bare_base64_as_alipays_tools_write_them(keys: SimulatorKeys, seal: Seal) -> None:
    def bare(pem: str) -> str:
        return "".join(line for line in pem.splitlines() if not line.startswith("-----"))

    connector = AlipayConnector(
        AlipaySettings(
            gateway_url="https://openapi.example/gateway.do", app_id=keys.app_id, seller_id=keys.seller_id
        ),
        AlipayCredentials(
            app_private_key=bare(keys.app_private_pem),
            alipay_public_keys=f"{bare(keys.app_public_pem)}\n\n{bare(keys.alipay_public_pem)}",
        ),
    )
    sent = parameters_of(connector, request_for(Operation.INQUIRE))

    assert seal.signed_by_app(signing_text(sent, "sign").encode(), sent["sign"])


def test_the_simulators_keys_are_private_to_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first, second = prepare_keys(folder), prepare_keys(folder)

    assert first == second
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    assert {file.name for file in folder.iterdir()} == {
        "app_private.pem",
        "app_public.pem",
        "alipay_private.pem",
        "alipay_public.pem",
        "app_certificate.pem",
        "alipay_certificate.pem",
        "root_certificate.pem",
    }
