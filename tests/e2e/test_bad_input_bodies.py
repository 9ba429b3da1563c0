"""What does a bad body hear? Where and why; and nothing changes in the books nor among the payments."""

import json

import msgspec
import pytest

from tael.payments.rules import LARGEST_AMOUNT_MINOR, LONGEST_SECONDS, SHORTEST_SECONDS
from tael.payments.schemas import CreatePaymentRequest
from tael.testing.platform import Platform
from tests.e2e.asking import DEEP, GOOD, PAYMENTS, asked, check_problem, with_raw
from tests.e2e.untouched import nothing_changes

# S22: amounts

AMOUNTS = {
    "nan": (b"NaN", None, "The body is no JSON: invalid character (byte 16)."),
    "infinity": (b"-Infinity", None, "The body is no JSON: invalid character (byte 17)."),
    "leading_zero": (b"012", None, "The body is no JSON: invalid number (byte 17)."),
    "1e999": (b"1e999", "amount_minor", "amount_minor is too large a number."),
    "5000_digits": (b"1" * 5_000, "amount_minor", "amount_minor is too large a number."),
    "minus_zero": (b"-0", "amount_minor", "amount_minor must be at least 1."),
    "zero": (b"0", "amount_minor", "amount_minor must be at least 1."),
    "negative": (b"-1280", "amount_minor", "amount_minor must be at least 1."),
    "2_to_63": (b"9223372036854775808", "amount_minor", "amount_minor must be at most 100000000000000."),
    "true": (b"true", "amount_minor", "amount_minor must be a whole number, not true or false."),
    "text": (b'"1"', "amount_minor", "amount_minor must be a whole number, not a text."),
    "one_point_zero": (
        b"1.0",
        "amount_minor",
        "amount_minor must be a whole number, not a number with decimals.",
    ),
    "12.5": (b"12.5", "amount_minor", "amount_minor must be a whole number, not a number with decimals."),
    "null": (b"null", "amount_minor", "amount_minor must be a whole number, not null."),
    "list": (b"[1280]", "amount_minor", "amount_minor must be a whole number, not a list."),
    "depth_100k": (DEEP, "amount_minor", "amount_minor must be a whole number, not a list."),
}


@pytest.mark.parametrize(("raw", "field", "detail"), AMOUNTS.values(), ids=AMOUNTS)
async def test_s22_an_amount_that_is_no_whole_number_is_refused(
    shop: Platform, raw: bytes, field: str | None, detail: str
) -> None:
    async with nothing_changes(shop.house):
        reply = await asked(shop, "POST", PAYMENTS, with_raw("amount_minor", raw))
    problem = check_problem(reply, 400, "malformed", field)
    assert problem["detail"] == detail
    assert field is None or problem["hint"] == "Amount in minor units (fen, cents): 1280 is ¥12.80."


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
async def test_s22_a_wrong_exponent_is_refused(shop: Platform, currency: str) -> None:
    async with nothing_changes(shop.house):
        reply = await shop.merchant.post(PAYMENTS, {**GOOD, "currency": currency, "exponent": 2})
    problem = check_problem(reply, 400, "payments.malformed", "exponent")
    assert problem["detail"].startswith(f"{currency} has")


async def test_s22_the_form_and_the_rules_agree_about_the_bounds() -> None:
    """The schema says in the reference what the rules decide."""
    fields = msgspec.json.schema(CreatePaymentRequest)["$defs"]["CreatePaymentRequest"]["properties"]
    assert fields["amount_minor"]["maximum"] == LARGEST_AMOUNT_MINOR
    seconds = fields["expires_in_seconds"]["anyOf"][0]
    assert (seconds["minimum"], seconds["maximum"]) == (SHORTEST_SECONDS, LONGEST_SECONDS)


# Bodies

BODIES = {
    "no_json": (b"hello", None, "The body is no JSON: invalid character (byte 0)."),
    "cut_off": (b'{"amount_minor": 12', None, "The body is no JSON: it ends too early."),
    "two_documents": (json.dumps(GOOD).encode() + b"{}", None, "trailing characters"),
    "empty": (b"", None, "The body is empty."),
    "list": (b"[]", None, "The body must be an object, not a list."),
    "depth_100k": (DEEP, None, "The body must be an object, not a list."),
    "unclosed_depth_50k": (b'{"a":' * 50_000, "a", "There is no field named a."),
    "missing_fields": (b"{}", "amount_minor", "amount_minor is missing."),
    "unknown_field": (with_raw("amonut", b"1"), "amonut", "There is no field named amonut."),
    "name_twice": (
        with_raw("amount_minor", b'1,"amount_minor":1280'),
        "amount_minor",
        "amount_minor stands in the body more than once.",
    ),
    "name_twice_in_disguise": (
        with_raw("amount_minor", b'1,"amount\\u005fminor":1280'),
        "amount_minor",
        "amount_minor stands in the body more than once.",
    ),
    "no_utf8": (with_raw("reference", b'"\xff"'), None, "The body is no JSON: it is not UTF-8."),
    "lone_surrogate": (with_raw("reference", b'"\\ud800"'), None, "surrogate"),
    "nul": (with_raw("reference", b'"a\\u0000b"'), "reference", "not allowed"),
    "line_break": (with_raw("reference", b'"a\\n"'), "reference", "not allowed"),
    "escape": (with_raw("description", b'"\\u001b[2J"'), "description", "not allowed"),
    "next_line": (with_raw("description", b'"\\u0085"'), "description", "not allowed"),
    "line_separator": (with_raw("description", b'"\\u2028"'), "description", "not allowed"),
    "turned_around": (with_raw("description", b'"\\u202ecny"'), "description", "not allowed"),
    "empty_reference": (with_raw("reference", b'""'), "reference", "reference must not be empty."),
    "long_reference": (
        with_raw("reference", b'"%b"' % (b"x" * 65)),
        "reference",
        "reference may have at most 64 characters.",
    ),
    "unknown_currency": (
        with_raw("currency", b'"XXX"'),
        "currency",
        "'XXX' is not a currency code of ISO 4217.",
    ),
    "small_currency": (
        with_raw("currency", b'"cny"'),
        "currency",
        "'cny' is not a currency code of ISO 4217.",
    ),
    "number_for_text": (
        with_raw("currency", b"156"),
        "currency",
        "currency must be a text, not a whole number.",
    ),
    "too_short_a_time": (
        with_raw("expires_in_seconds", b"59"),
        "expires_in_seconds",
        "expires_in_seconds must be at least 60.",
    ),
    "a_time_without_end": (
        with_raw("expires_in_seconds", b"9223372036854775807"),
        "expires_in_seconds",
        "expires_in_seconds must be at most 86400.",
    ),
    "script_for_link": (with_raw("return_url", b'"javascript:alert(1)"'), "return_url", "not allowed"),
}


@pytest.mark.parametrize(("body", "field", "detail"), BODIES.values(), ids=BODIES)
async def test_a_body_that_does_not_fit_hears_where_and_why(
    shop: Platform, body: bytes, field: str | None, detail: str
) -> None:
    async with nothing_changes(shop.house):
        reply = await asked(shop, "POST", PAYMENTS, body)
    assert detail in check_problem(reply, 400, "malformed", field)["detail"]


@pytest.mark.parametrize(
    "media_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "nonsense"],
)
async def test_a_body_of_another_kind_is_refused(shop: Platform, media_type: str) -> None:
    async with nothing_changes(shop.house):
        reply = await asked(shop, "POST", PAYMENTS, json.dumps(GOOD).encode(), Content_Type=media_type)
    problem = check_problem(reply, 415, "wrong_media_type", "Content-Type")
    assert "application/json" in problem["hint"]


@pytest.mark.parametrize(
    ("key", "detail"),
    [
        (None, "Idempotency-Key is missing."),
        ("", "Idempotency-Key must not be empty."),
        ("two words", "Idempotency-Key has characters or a form that are not allowed."),
        ("k" * 129, "Idempotency-Key may have at most 128 characters."),
    ],
    ids=["missing", "empty", "spaces", "long"],
)
async def test_a_change_needs_a_good_idempotency_key(shop: Platform, key: str | None, detail: str) -> None:
    async with nothing_changes(shop.house):
        reply = await asked(shop, "POST", PAYMENTS, json.dumps(GOOD).encode(), Idempotency_Key=key)
    assert check_problem(reply, 400, "malformed", "Idempotency-Key")["detail"] == detail


async def test_malformed_calls_do_not_use_up_their_key(shop: Platform) -> None:
    """The same key serves again once the request is mended."""
    reply = await shop.merchant.post(PAYMENTS, {**GOOD, "amount_minor": -1}, key="mended-later")
    check_problem(reply, 400, "malformed", "amount_minor")
    assert (await shop.merchant.post(PAYMENTS, GOOD, key="mended-later")).status == 201
