"""Does the connector say to Alipay what it should, signed by the right key?"""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tael.channels.connectors.alipay import AlipayConnector, AlipaySettings
from tael.channels.connectors.alipay.connector import METHODS
from tael.channels.port import Operation, Order, RefundOrder, Request
from tael.foundation.money import Money
from tael.simulators.alipay.keys import Seal, SimulatorKeys, prepare_keys, signing_text
from tael.testing.alipay import connector_for

NOW = datetime(2026, 5, 1, 4, 30, tzinfo=UTC)
ORDER = Order(
    order_number="att_1",
    amount=Money(1280, "CNY"),
    subject="两杯咖啡",
    expires_at=datetime(2026, 5, 1, 5, 0, tzinfo=UTC),
    notice_url="https://pay.example/notices/alipay",
)
REFUND = RefundOrder(refund_number="re_1", amount=Money(300, "CNY"), reason="cold")


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
    return Request(operation=operation, order=ORDER, refund=REFUND)


def parameters_of(connector: AlipayConnector, request: Request) -> dict[str, str]:
    message = connector.build(request, now=NOW)
    query = parse_qs(urlsplit(message.url).query, strict_parsing=True)
    form = parse_qs(message.body.decode(), strict_parsing=True)
    return {name: values[0] for name, values in (query | form).items()}


@pytest.mark.parametrize("operation", list(Operation))
def test_every_request_is_signed_over_all_its_parameters(
    connector: AlipayConnector, seal: Seal, operation: Operation
) -> None:
    sent = parameters_of(connector, request_for(operation))

    assert seal.signed_by_app(signing_text(sent, "sign").encode(), sent["sign"])
    assert sent["method"] == METHODS[operation]
    assert sent["timestamp"] == "2026-05-01 12:30:00"
    assert not seal.signed_by_app(signing_text(sent, "sign", "sign_type").encode(), sent["sign"])


def test_a_code_is_asked_for_with_amount_subject_and_end(connector: AlipayConnector) -> None:
    sent = parameters_of(connector, request_for(Operation.OPEN_CODE))

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
    sent = parameters_of(connector, Request(operation=Operation.OPEN_CODE, order=order))

    subject = msgspec.json.decode(sent["biz_content"])["subject"]

    assert subject.startswith("a／b＝c＆d长")
    assert len(subject) <= 256


def test_settings_do_not_show_their_keys(keys: SimulatorKeys) -> None:
    connector_settings = AlipaySettings(
        gateway_url="x",
        app_id="1",
        seller_id="2",
        app_private_key_pem=keys.app_private_pem,
        alipay_public_key_pem=keys.alipay_public_pem,
    )

    assert "BEGIN" not in repr(connector_settings)
    assert "BEGIN" not in repr(keys)


def test_keys_may_be_bare_base64_as_alipays_tools_write_them(keys: SimulatorKeys, seal: Seal) -> None:
    def bare(pem: str) -> str:
        return "".join(line for line in pem.splitlines() if not line.startswith("-----"))

    settings = AlipaySettings(
        gateway_url="https://openapi.example/gateway.do",
        app_id=keys.app_id,
        seller_id=keys.seller_id,
        app_private_key_pem=bare(keys.app_private_pem),
        alipay_public_key_pem=bare(keys.alipay_public_pem),
    )
    sent = parameters_of(AlipayConnector(settings), request_for(Operation.INQUIRE))

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
    }
