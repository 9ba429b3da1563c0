"""Which digits are a card, where may it go, and how does it get into a message and out of the answer?"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tael.channels import port
from tael.foundation.vouching import NotVouchedFor, Voucher
from tael.testing.clocks import ManualClock
from tael.vault import rules
from tael.vault.errors import CardRefused, DestinationRefused, MessageRefused, PageRefused
from tael.vault.masking import fill_in, masked_number, without_the_card
from tael.vault.model import Card, ChannelAnswer
from tael.vault.usecases.security_codes import IN_USE_SECONDS, WAITS_SECONDS, SecurityCodes

TODAY = date(2026, 11, 23)
VALUES = {port.CARD_NUMBER: "4242424242424242", port.CARD_SECURITY_CODE: "", port.CARD_HOLDER: 'A "B" & Ü'}


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4242424242424242", "visa"),
        ("5555555555554444", "mastercard"),
        ("2223003122003222", "mastercard"),
        ("378282246310005", "amex"),
        ("3566002020360505", "jcb"),
        ("6200000000000005", "unionpay"),
        ("6011111111111117", "discover"),
        ("36227206271667", "diners"),
    ],
)
def test_a_card_is_known_by_its_first_digits(number: str, brand: str) -> None:
    assert rules.check_card(Card(number=number, exp_month=11, exp_year=2026), today=TODAY).name == brand


@pytest.mark.parametrize(
    ("changes", "field", "wrong"),
    [
        ({"number": "4242424242424241"}, "number", "check_digit"),
        ({"number": "424242424242424"}, "number", "length"),
        ({"number": "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"}, "number", "not_digits"),
        ({"exp_month": 13}, "exp_month", "no_month"),
        ({"exp_month": 10}, "exp_year", "over"),
        ({"exp_year": 2052}, "exp_year", "too_far"),
        ({"security_code": "1234"}, "security_code", "length"),
    ],
)
def test_what_is_no_card_is_refused_and_not_repeated(
    changes: dict[str, object], field: str, wrong: str
) -> None:
    given = {
        "number": "4242424242424242",
        "exp_month": 11,
        "exp_year": 2026,
        "security_code": "123",
    } | changes
    with pytest.raises(CardRefused) as refused:
        rules.check_card(Card(**given), today=TODAY)  # type: ignore[arg-type]
    assert (refused.value.field, refused.value.facts["wrong"]) == (field, wrong)
    assert str(given["number"]) not in f"{refused.value.message}{refused.value.hint}{refused.value.facts}"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.stripe.com/v1/payment_intents?x=1", "https://api.stripe.com:443"),
        ("https://API.stripe.com:8443", "https://api.stripe.com:8443"),
        ("http://127.0.0.1:8061/v1", "http://127.0.0.1:8061"),
    ],
)
def test_an_address_is_compared_by_scheme_host_and_port(url: str, origin: str) -> None:
    assert rules.origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://api.stripe.com",
        "https://api.stripe.com@evil.example/",
        "https://x:y@api.stripe.com/",
        "ftp://127.0.0.1",
        "https://",
        "http://127.0.0.1.evil.example/",
        "https://a:99999/",
    ],
)
def test_no_card_goes_by_an_address_that_is_not_safe(url: str) -> None:
    with pytest.raises(DestinationRefused):
        rules.origin_of(url)


@pytest.mark.parametrize(
    "url",
    ["http://shop.example", "https://a.example b", "https://a.example;x", "javascript:alert(1)", "https://*"],
)
def test_what_is_no_page_cannot_embed_card_fields(url: str) -> None:
    with pytest.raises(PageRefused):
        rules.check_page(url)


def test_a_form_is_filled_in_where_a_whole_value_is_a_placeholder() -> None:
    body = b"a%5Bn%5D=%7B%7Bcard%3Anumber%7D%7D&cvc=%7B%7Bcard%3Asecurity_code%7D%7D&x=%7B%7Bcard%3Anumber%7D%7D1&e="
    filled = fill_in(body, content_type="application/x-www-form-urlencoded", values=VALUES)
    assert filled == b"a%5Bn%5D=4242424242424242&x=%7B%7Bcard%3Anumber%7D%7D1&e="


def test_json_is_filled_in_and_stays_json() -> None:
    body = b'{"card":{"name":"{{card:holder}}","cvc":"{{card:security_code}}"},"list":["{{card:number}}"],"n":null}'
    filled = fill_in(body, content_type="application/json; charset=utf-8", values=VALUES)
    expected = '{"card":{"name":"A \\"B\\" & Ü"},"list":["4242424242424242"],"n":null}'
    assert filled.decode() == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<n>{{card:number}}</n>", "application/xml"),
        (b'{"n":"{{card:pin}}"}', "application/json"),
        (b"{", "application/json"),
        (b"", ""),
    ],
)
def test_a_message_that_cannot_be_filled_in_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(MessageRefused):
        fill_in(body, content_type=content_type, values=VALUES)


def test_what_comes_back_shows_six_and_four_digits_at_most() -> None:
    number = VALUES[port.CARD_NUMBER]
    body = f'{number} 4242 4242 4242 4242 4242-4242-4242-4242 "cvc": "737" cvv=123 amount 737'.encode()
    answer = without_the_card(ChannelAnswer(status=200, headers={"x": number}, body=body), number)
    shown = masked_number(number)
    assert shown == "424242******4242"
    assert answer.body.decode() == f'{shown} {shown} {shown} "cvc": "***" cvv=*** amount 737'
    assert answer.headers == {"x": shown}


def test_a_security_code_is_for_one_order_and_for_a_short_time() -> None:
    codes = SecurityCodes()
    codes.keep("tok_1", "737", seconds=0)
    assert codes.use("tok_1", number="att_1", seconds=1) == "737"
    assert codes.use("tok_1", number="att_1", seconds=2) == "737"  # sent again at once
    assert codes.use("tok_1", number="att_2", seconds=3) == ""
    assert codes.use("tok_1", number="att_1", seconds=1 + IN_USE_SECONDS) == ""
    codes.keep("tok_2", "737", seconds=0)
    assert codes.use("tok_2", number="att_1", seconds=WAITS_SECONDS) == ""
    assert len(codes) == 0


def test_only_our_own_tokens_are_of_our_vault() -> None:
    assert port.is_of_our_vault("tok_06dk3vg5m8x4t9c1h2zq7n0rby")
    for theirs in (
        "tok_visa",
        "tok_1MzXwH2eZvKYlo2Cq8kZbNqL",
        "pm_card_visa",
        "",
        "tok_06dk3vg5m8x4t9c1h2zq7n0rbyx",
    ):
        assert not port.is_of_our_vault(theirs)


def test_a_message_of_another_key_or_time_is_not_vouched_for(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    ours, others = (Voucher(tmp_path / each, clock, mode="live") for each in ("ours", "others"))
    vouched = str(ours.vouch("/forward", b"body"))
    for header, purpose, body in (
        (vouched, "/forward", b"other"),
        (vouched, "/forget", b"body"),
        (vouched.replace("t=", "t=1"), "/forward", b"body"),
        (str(others.vouch("/forward", b"body")), "/forward", b"body"),
        ("", "/forward", b"body"),
    ):
        with pytest.raises(NotVouchedFor):
            ours.check(header, purpose, body)
    clock.move(seconds=61)
    with pytest.raises(NotVouchedFor, match="minute"):
        ours.check(vouched, "/forward", b"body")


def test_a_ticket_is_good_for_its_purpose_alone(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    voucher = Voucher(tmp_path / "key", clock, mode="live")
    ticket = voucher.ticket("card fields", b"content")
    assert voucher.read_ticket(ticket, "card fields") == b"content"
    for text, purpose in ((ticket, "another"), (f"{ticket}0", "card fields"), ("é.é", "card fields")):
        with pytest.raises(NotVouchedFor):
            voucher.read_ticket(text, purpose)


def test_what_one_mode_has_signed_is_worth_nothing_in_the_other(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    live, test = (Voucher(tmp_path / "key", clock, mode=mode) for mode in ("live", "test"))
    with pytest.raises(NotVouchedFor):
        live.read_ticket(test.ticket("card fields", b"content"), "card fields")
    with pytest.raises(NotVouchedFor):
        test.check(str(live.vouch("/forward", b"body")), "/forward", b"body")
