"""What does the payer see in each state, and what does the code hold?"""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import msgspec
import pytest

from tael.channels.port import Product, ShowCode
from tael.foundation.money import Money
from tael.payments.model import Attempt, AttemptState, Payment, PaymentState
from tael.web.checkout.documents import pay_link, state_document
from tael.web.checkout.views import CheckoutState, safe_link, view_of
from tael.web.checkout.wallets import WALLETS, Agent, agent_of, wallet_name
from tael.web.ui.codes import QUIET_ZONE_MODULES, qr_code, qr_svg
from tael.web.ui.i18n import CATALOGUES, Language
from tests.unit.web_desk import CODE_URL, a_view, ended

NOW = datetime(2025, 11, 22, 6, 0, tzinfo=UTC)

PAYMENT = Payment(
    id="pay_example",
    merchant_id="mer_example",
    reference="A-37",
    description="Tea",
    amount_minor=1_280,
    currency="CNY",
    state=PaymentState.REQUIRES_ACTION,
    closing_as=None,
    captured_by=None,
    captured_minor=0,
    refunded_minor=0,
    refunding_minor=0,
    fee_basis_points=60,
    fee_minor=0,
    fee_returned_minor=0,
    return_url=None,
    created_at=NOW,
    expires_at=NOW + timedelta(minutes=15),
    ended_at=None,
)
ATTEMPT = Attempt(
    id="att_example",
    payment_id=PAYMENT.id,
    channel="alipay",
    method="alipay",
    product=Product.CODE,
    state=AttemptState.WAITING,
    abandoned=False,
    amount_minor=1_280,
    currency="CNY",
    action=ShowCode(code_url=CODE_URL),
    action_expires_at=NOW + timedelta(minutes=5),
    received_minor=0,
    payer_sealed=None,
    channel_reference=None,
    channel_code=None,
    error_class=None,
    created_at=NOW,
    ended_at=None,
    inquiries=0,
    next_inquiry_at=None,
)


def payment(state: PaymentState, **changes: object) -> Payment:
    return msgspec.structs.replace(PAYMENT, state=state, **changes)


def attempt(state: AttemptState, **changes: object) -> Attempt:
    return msgspec.structs.replace(ATTEMPT, state=state, **changes)


# What the payer sees, state by state

P, A, C = PaymentState, AttemptState, CheckoutState
VIEWS = [
    ("nobody has tried", payment(P.CREATED), None, C.PREPARING),
    ("the channel may not have heard", payment(P.PROCESSING), attempt(A.CREATED, action=None), C.PREPARING),
    ("the channel did not answer", payment(P.PROCESSING), attempt(A.UNKNOWN, action=None), C.PREPARING),
    ("a code waits", payment(P.REQUIRES_ACTION), ATTEMPT, C.OPEN),
    ("a code without an end", payment(P.REQUIRES_ACTION), attempt(A.WAITING, action_expires_at=None), C.OPEN),
    (
        "the code has run out",
        payment(P.REQUIRES_ACTION),
        attempt(A.WAITING, action_expires_at=NOW),
        C.PREPARING,
    ),
    ("the attempt failed, another comes", payment(P.PROCESSING), attempt(A.FAILED), C.PREPARING),
    ("an inquiry was not answered", payment(P.REQUIRES_ACTION), attempt(A.UNKNOWN), C.OPEN),
    ("the time is over", payment(P.REQUIRES_ACTION, expires_at=NOW), ATTEMPT, C.CONFIRMING),
    ("it is being canceled", payment(P.REQUIRES_ACTION, closing_as=P.CANCELED), ATTEMPT, C.CONFIRMING),
    ("it is expiring", payment(P.REQUIRES_ACTION, closing_as=P.EXPIRED), ATTEMPT, C.CONFIRMING),
    ("the money is held", payment(P.AUTHORISED), attempt(A.AUTHORISED), C.HELD),
    ("captured", payment(P.CAPTURED, captured_minor=1_280), attempt(A.SUCCEEDED), C.PAID),
    (
        "a refund is on its way",
        payment(P.CAPTURED, captured_minor=1_280, refunding_minor=1_280),
        attempt(A.SUCCEEDED),
        C.PAID,
    ),
    (
        "a part has gone back",
        payment(P.CAPTURED, captured_minor=1_280, refunded_minor=1),
        attempt(A.SUCCEEDED),
        C.PARTLY_REFUNDED,
    ),
    (
        "all has gone back",
        payment(P.CAPTURED, captured_minor=1_280, refunded_minor=1_280),
        attempt(A.SUCCEEDED),
        C.REFUNDED,
    ),
    ("canceled", payment(P.CANCELED), attempt(A.CLOSED), C.CANCELED),
    ("failed", payment(P.FAILED), attempt(A.FAILED), C.FAILED),
    ("expired", payment(P.EXPIRED), attempt(A.CLOSED), C.EXPIRED),
    ("expired and never tried", payment(P.EXPIRED), None, C.EXPIRED),
]


@pytest.mark.parametrize(("situation", "of", "tried", "state"), VIEWS, ids=[view[0] for view in VIEWS])
def test_the_payer_sees_the_state(
    situation: str, of: Payment, tried: Attempt | None, state: CheckoutState
) -> None:
    view = view_of(of, tried, merchant_name="Tea House", now=NOW)
    assert view.state is state, situation
    assert (view.code_url is not None) == (state is C.OPEN)
    assert view.ended == (of.state in {P.AUTHORISED, P.CAPTURED, P.CANCELED, P.FAILED, P.EXPIRED})


def test_every_state_of_a_payment_and_of_the_page_is_in_the_table() -> None:
    assert {of.state for _, of, _, _ in VIEWS} == set(PaymentState)
    assert {state for _, _, _, state in VIEWS} == set(CheckoutState)


def test_a_new_code_has_a_new_version() -> None:
    one, other = a_view(), a_view(code_url=CODE_URL + "2")
    assert one.code_version == a_view().code_version != other.code_version
    assert a_view(code_url=None).code_version == ""


# Wallets and links


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://shop.test/a", "https://shop.test/a"),
        ("http://127.0.0.1/a", "http://127.0.0.1/a"),
        ("javascript:alert(1)", None),
        ("JAVASCRIPT:alert(1)", None),
        (" javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("//shop.test", None),
        ("", None),
        (None, None),
    ],
)
def test_the_page_links_only_to_the_web(url: str | None, link: str | None) -> None:
    assert safe_link(url) == link


def test_a_code_links_to_its_own_wallet_only() -> None:
    assert pay_link(a_view(code_url="alipays://pay/1")) == "alipays://pay/1"
    assert pay_link(a_view(code_url="weixin://pay/1")) is None
    assert pay_link(a_view(code_url="alipays://pay/1", method=None)) is None


def test_the_browser_inside_a_wallet_is_recognised() -> None:
    android = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
    assert agent_of("Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0", "alipay") is Agent.DESKTOP
    assert agent_of(android, "alipay") is Agent.PHONE
    assert agent_of(f"{android} AlipayClient/10.5", "alipay") is Agent.WALLET
    assert agent_of(f"{android} MicroMessenger/8.0", "alipay") is Agent.OTHER_APP


def test_every_wallet_has_a_name_in_both_languages() -> None:
    assert all(f"method_of.{name}" in CATALOGUES[each].messages for each in Language for name in WALLETS)
    assert wallet_name(None, Language.ENGLISH) == "your wallet app"


# The code


def test_the_image_holds_exactly_the_modules_of_the_content() -> None:
    svg = ET.fromstring(qr_svg(CODE_URL, title="付款码 & <b>"))
    code = qr_code(CODE_URL)
    side = len(code.matrix) + 2 * QUIET_ZONE_MODULES
    assert svg.get("viewBox") == f"0 0 {side} {side}"
    assert svg.get("width") is None
    title, plate, modules = svg
    assert title.text == "付款码 & <b>"
    assert plate.get("fill") == "#fff"
    assert dark_modules(modules.get("d") or "") == {
        (x, y) for y, row in enumerate(code.matrix) for x, module in enumerate(row) if module
    }


def dark_modules(path: str) -> set[tuple[int, int]]:
    """The modules that an SVG path of horizontal strokes covers, without the quiet zone."""
    x, y, covered = 0, 0.0, set()
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        if command == "h":
            covered |= {(x + step, int(y)) for step in range(int(numbers))}
            x += int(numbers)
        else:
            dx, dy = re.findall(r"-?[\d.]+", numbers)
            x, y = (int(dx), float(dy)) if command == "M" else (x + int(dx), y + float(dy))
    return {(x - QUIET_ZONE_MODULES, y - QUIET_ZONE_MODULES) for x, y in covered}


def test_the_document_speaks_the_readers_language() -> None:
    view = a_view(**ended(C.PARTLY_REFUNDED, refunded=Money(500, "CNY")))
    assert state_document(view, Language.CHINESE).refunded == "¥5.00"
    assert state_document(view, Language.ENGLISH).refunded == "CN¥5.00"
