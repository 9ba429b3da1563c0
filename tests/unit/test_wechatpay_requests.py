"""Is what we send signed, complete, and in the form that WeChat Pay wants?"""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tael.channels.connectors.wechatpay import KIND, WechatPayCredentials, WechatPaySettings
from tael.channels.errors import BillRefused, NotOffered
from tael.channels.port import (
    BillKind,
    BillWanted,
    GoTo,
    HttpRequest,
    InvokeWallet,
    Operation,
    Order,
    OutcomeState,
    PayoutOrder,
    Product,
    Request,
)
from tael.foundation.money import Money
from tael.simulators.wechatpay import APP_ID, MERCHANT_ID, PUBLIC_KEY_ID, prepare_keys
from tael.testing.alipay import Script, heard
from tests.unit.wechatpay_desk import NOW, ORDER, PAYOUT, SPLIT, Desk, desk_in, refusal, request_for


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_in(tmp_path_factory.mktemp("keys"))


def first_message(desk: Desk, request: Request) -> HttpRequest:
    script = Script(refusal(500, "SYSTEM_ERROR"))
    script.carry_on(desk.connector.converse(request, now=NOW))
    return script.asked[0]


def content_of(desk: Desk, request: Request) -> dict[str, Any]:
    return msgspec.json.decode(first_message(desk, request).body, type=dict[str, Any])


def signed_by_us(desk: Desk, text: str, signature: str) -> bool:
    """Checked with the public key itself, not with the simulator's eyes."""
    return desk.seal.signed_by_merchant(text.encode(), signature)


def test_every_message_names_the_merchant_and_asks_for_the_public_key(desk: Desk) -> None:
    for operation in sorted(desk.connector.capabilities.operations):
        message = first_message(desk, request_for(operation))
        assert message.headers["authorization"].startswith(
            f'WECHATPAY2-SHA256-RSA2048 mchid="{MERCHANT_ID}",nonce_str="'
        )
        assert message.headers["wechatpay-serial"] == PUBLIC_KEY_ID
        assert message.headers["accept"] == "application/json"
        assert message.headers["user-agent"]
        assert message.url.startswith("https://api.example/v3/")


@pytest.mark.parametrize(
    ("product", "path"),
    [
        (Product.CODE, "native"),
        (Product.JSAPI, "jsapi"),
        (Product.H5, "h5"),
        (Product.APP, "app"),
        (Product.BARCODE, "codepay"),
    ],
)
def test_each_product_has_its_address_and_says_the_amount_in_fen(
    desk: Desk, product: Product, path: str
) -> None:
    request = request_for(Operation.PAY, product)

    content = content_of(desk, request)

    assert first_message(desk, request).url == f"https://api.example/v3/pay/transactions/{path}"
    assert content["amount"] == {"total": 1280, "currency": "CNY"}
    assert (content["appid"], content["mchid"]) == (APP_ID, MERCHANT_ID)
    assert ("time_expire" in content) is (product is not Product.BARCODE)
    if product is not Product.BARCODE:
        assert content["time_expire"] == "2026-05-01T13:00:00+08:00"


@pytest.mark.parametrize(
    ("product", "answer", "keys"),
    [
        (Product.JSAPI, {"prepay_id": "wx1"}, ("appId", "timeStamp", "nonceStr", "package", "paySign")),
        (Product.APP, {"prepay_id": "wx1"}, ("appid", "timestamp", "noncestr", "prepayid", "sign")),
    ],
)
def test_the_wallet_gets_parameters_that_we_signed(
    desk: Desk, product: Product, answer: dict[str, str], keys: tuple[str, ...]
) -> None:
    outcome = heard(desk.connector, request_for(Operation.PAY, product), desk.answer(answer), now=NOW)

    assert isinstance(outcome.action, InvokeWallet)
    *said, signature = (outcome.action.parameters[key] for key in keys)
    assert signed_by_us(desk, "".join(f"{part}\n" for part in said), signature)


def test_an_h5_page_is_told_where_to_lead_back(desk: Desk) -> None:
    order = msgspec.structs.replace(ORDER, product=Product.H5, return_url="https://shop.example/a?b=c&d=e")
    request = Request(operation=Operation.PAY, order=order)

    outcome = heard(
        desk.connector, request, desk.answer({"h5_url": "https://wx.example/go?prepay_id=1"}), now=NOW
    )

    assert isinstance(outcome.action, GoTo)
    assert parse_qs(urlsplit(outcome.action.url).query)["redirect_url"] == [order.return_url]


@pytest.mark.parametrize(
    ("product", "answer"),
    [
        (Product.CODE, {}),
        (Product.CODE, {"code_url": "weixin://a b"}),
        (Product.CODE, {"code_url": "x" * 1025}),
        (Product.H5, {"h5_url": "javascript:alert(1)"}),
        (Product.H5, {"h5_url": "https://[/"}),
        (Product.JSAPI, {"prepay_id": "wx1\nwx2"}),
        (Product.APP, {"code_url": "weixin://x"}),
    ],
)
def test_an_order_without_a_way_to_pay_it_has_not_begun(
    desk: Desk, product: Product, answer: dict[str, str]
) -> None:
    outcome = heard(desk.connector, request_for(Operation.PAY, product), desk.answer(answer), now=NOW)

    assert outcome.state is OutcomeState.UNKNOWN


def _order(**changes: Any) -> Order:
    return msgspec.structs.replace(ORDER, **changes)


def _payout(**changes: Any) -> PayoutOrder:
    return msgspec.structs.replace(PAYOUT, **changes)


@pytest.mark.parametrize(
    "request_",
    [
        Request(operation=Operation.PAY, order=_order(order_number="short")),
        Request(operation=Operation.PAY, order=_order(order_number="order/../1")),
        Request(operation=Operation.PAY, order=_order(amount=Money(1280, "USD"))),
        Request(operation=Operation.PAY, order=_order(product=Product.CARD)),
        Request(operation=Operation.PAY, order=_order(capture_later=True)),
        Request(operation=Operation.PAY, order=_order(product=Product.JSAPI, payer_id="")),
        Request(operation=Operation.PAY, order=_order(product=Product.H5, payer_address="")),
        Request(operation=Operation.PAY, order=_order(product=Product.BARCODE, payer_code="")),
        Request(operation=Operation.PAY_OUT, payout=_payout(payout_number="结算")),
        Request(operation=Operation.PAY_OUT, payout=_payout(amount=Money(200_000, "CNY"))),
    ],
)
def test_what_could_never_be_taken_is_not_sent(desk: Desk, request_: Request) -> None:
    outcome = heard(desk.connector, request_, now=NOW)

    assert (outcome.state, str(outcome.message)[:9]) == (OutcomeState.FAILED, "Not sent:")


def test_what_we_do_not_offer_is_refused_at_once(desk: Desk) -> None:
    with pytest.raises(NotOffered):
        heard(desk.connector, request_for(Operation.CAPTURE), now=NOW)


def test_a_payees_name_is_sealed_and_small_amounts_carry_none(desk: Desk) -> None:
    named = Request(operation=Operation.PAY_OUT, payout=_payout(payee_name="张三"))
    small = Request(operation=Operation.PAY_OUT, payout=_payout(payee_name="张三", amount=Money(29, "CNY")))

    content = content_of(desk, named)

    assert "张三" not in str(content)
    assert desk.seal.unseal(content["user_name"], serial=PUBLIC_KEY_ID) == "张三"
    assert content["out_bill_no"] == "out1"
    assert "user_name" not in content_of(desk, small)


def test_receivers_are_made_known_before_they_get_their_part(desk: Desk) -> None:
    added = desk.answer({"type": "MERCHANT_ID", "account": "1900000110"})
    script = Script(added, refusal(500, "SYSTEM_ERROR"))

    script.carry_on(desk.connector.converse(request_for(Operation.SPLIT), now=NOW))

    assert [urlsplit(message.url).path for message in script.asked] == [
        "/v3/profitsharing/receivers/add",
        "/v3/profitsharing/orders",
    ]
    content = msgspec.json.decode(script.asked[1].body)
    assert content["receivers"][0]["amount"] == SPLIT.receivers[0].amount.minor
    assert content["unfreeze_unsplit"] is True


def test_each_signature_is_right_and_covers_what_was_sent(desk: Desk) -> None:
    message = first_message(desk, request_for(Operation.REFUND))
    said = dict(part.split("=", 1) for part in message.headers["authorization"].partition(" ")[2].split(","))
    values = {name: value.strip('"') for name, value in said.items()}
    text = f"POST\n/v3/refund/domestic/refunds\n{values['timestamp']}\n{values['nonce_str']}\n{message.body.decode()}\n"

    assert values["timestamp"] == str(int(NOW.timestamp()))
    assert signed_by_us(desk, text, values["signature"])
    assert not signed_by_us(desk, text.replace("refund-1", "refund-2"), values["signature"])


# Records


def _fetched(desk: Desk, url: str) -> Script:
    script = Script(
        desk.answer({"download_url": url, "hash_type": "SHA1", "hash_value": "0"}),
        refusal(500, "SYSTEM_ERROR"),
    )
    with pytest.raises(BillRefused):
        script.carry_on(desk.connector.fetch_bill(BillWanted(kind=BillKind.TRADES, day=NOW.date()), now=NOW))
    return script


def test_a_record_is_only_fetched_where_we_were_told_to_trust(desk: Desk) -> None:
    asked = _fetched(desk, "https://elsewhere.example/v3/billdownload/file?token=abc").asked

    assert [message.url for message in asked] == [
        "https://api.example/v3/bill/tradebill?bill_date=2026-05-01&bill_type=ALL&tar_type=GZIP",
        "https://api.example/v3/billdownload/file?token=abc",
    ]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://[",
        "https://api.example/v3/certificates?x",
        "https://api.example/v3/billdownload/file?a b",
    ],
)
def test_a_record_that_lies_where_none_should_lie_is_not_fetched(desk: Desk, url: str) -> None:
    assert len(_fetched(desk, url).asked) == 1


# Keys


def test_a_signature_of_ours_is_plain_rsa_with_sha256(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("plain")
    desk = desk_in(folder)
    public = serialization.load_pem_public_key(prepare_keys(folder).merchant_public_pem.encode())
    assert isinstance(public, RSAPublicKey)

    outcome = heard(
        desk.connector, request_for(Operation.PAY, Product.JSAPI), desk.answer({"prepay_id": "wx1"}), now=NOW
    )

    assert isinstance(outcome.action, InvokeWallet)
    said = outcome.action.parameters
    text = f"{said['appId']}\n{said['timeStamp']}\n{said['nonceStr']}\n{said['package']}\n"
    public.verify(base64.b64decode(said["paySign"]), text.encode(), PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("credential", "value"),
    [
        ("apiv3_key", "too short"),
        ("merchant_private_key_pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
        ("wechatpay_keys_pem", ""),
        ("wechatpay_keys_pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
    ],
)
def test_credentials_that_cannot_be_used_are_refused_when_they_are_entered(
    tmp_path_factory: pytest.TempPathFactory, credential: str, value: str
) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        desk_in(tmp_path_factory.getbasetemp() / "refused-keys", **{credential: value})


def test_a_report_without_words_is_refused_when_it_is_entered() -> None:
    with pytest.raises(ValueError, match="payout_report"):
        WechatPaySettings(app_id="wx1", merchant_id="1", merchant_serial="A", payout_report=("活动名称=",))


def test_old_and_new_keys_are_both_believed_in_an_overlap(desk: Desk) -> None:
    for serial in desk.seal.serials:
        outcome = heard(
            desk.connector,
            request_for(Operation.CLOSE),
            desk.answer(b"", status=204, serial=serial),
            now=NOW,
        )
        assert outcome.state is OutcomeState.CLOSED


def test_a_certificate_is_not_believed_after_its_end(desk: Desk) -> None:
    late = NOW + timedelta(days=365 * 18)
    answer = desk.answer(b"", status=204, now=late, serial=desk.seal.serials[1])

    outcome = heard(desk.connector, request_for(Operation.CLOSE), answer, now=late)

    assert outcome.state is OutcomeState.UNKNOWN


def test_a_key_that_was_taken_out_is_not_believed_any_more(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("fewer")
    keys = prepare_keys(folder)
    desk = desk_in(folder, wechatpay_keys_pem=keys.certificate_pems[1])

    states = [
        heard(
            desk.connector,
            request_for(Operation.CLOSE),
            desk.answer(b"", status=204, serial=serial),
            now=NOW,
        ).state
        for serial in desk.seal.serials
    ]

    assert states == [OutcomeState.UNKNOWN, OutcomeState.UNKNOWN, OutcomeState.CLOSED]


def test_credentials_never_show_themselves() -> None:
    secret = WechatPayCredentials(merchant_private_key_pem="aaa", apiv3_key="bbb", wechatpay_keys_pem="ccc")

    assert repr(secret) == "WechatPayCredentials(hidden)"
    assert KIND.credentials is WechatPayCredentials
