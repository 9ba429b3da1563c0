"""What does a bad address, query or method hear?"""

import pytest

from tael.testing.platform import Platform
from tests.e2e.asking import PAYMENTS, asked, check_problem

# Addresses

QUERIES = {
    "limit=0": ("limit", "limit must be at least 1."),
    "limit=201": ("limit", "limit must be at most 200."),
    "limit=-1": ("limit", "limit must be at least 1."),
    "limit=abc": ("limit", "limit must be a whole number."),
    "limit=1e999": ("limit", "limit must be a whole number."),
    f"limit={'9' * 5000}": ("limit", "limit"),
    "limit=1&limit=2": ("limit", "limit stands in the address more than once."),
    "cursor=abc": ("cursor", "'abc' is not an id"),
    "cursor=": ("cursor", "'' is not an id"),
    "cursor=rfd_06dk3vg5m8x4t9c1h2zq7n0rby": ("cursor", "is not an id of the form pay_"),
    "state=paid": ("state", "state cannot be 'paid'."),
    "currency=cny": ("currency", "currency has characters or a form that are not allowed."),
    "reference=a%00b": ("reference", "reference has characters or a form that are not allowed."),
    f"reference={'x' * 65}": ("reference", "reference may have at most 64 characters."),
    "created_from=yesterday": ("created_from", "created_from is not a date and time with its zone."),
    "created_from=2026-13-01T00:00:00Z": (
        "created_from",
        "created_from is not a date and time with its zone.",
    ),
    "created_from=2026-03-01T00:00:00": (
        "created_from",
        "created_from is not a date and time with its zone.",
    ),
    "created_from=253402300800": ("created_from", "created_from is not a date and time with its zone."),
    "created_from=2026-03-01T00:00:00+08:00": (
        "created_from",
        "created_from is not a date and time with its zone.",
    ),
    "stat=captured": ("stat", "There is no parameter named stat."),
}


@pytest.mark.parametrize("path", [PAYMENTS, f"{PAYMENTS}.csv"])
@pytest.mark.parametrize(("query", "field", "detail"), [(query, *said) for query, said in QUERIES.items()])
async def test_a_filter_that_does_not_fit_filters_nothing_silently(
    shop: Platform, path: str, query: str, field: str, detail: str
) -> None:
    problem = check_problem(await asked(shop, "GET", f"{path}?{query}"), 400, "malformed", field)
    assert detail in problem["detail"] or (field == "limit" and "limit" not in problem["hint"])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/keys/%00",
        "/v1/search?q=%00",
        "/pay/pay_06dk3vg5m8x4t9c1h2zq7n0rby?coupon=%00",
        "/portal/sign-in?next=%00",
        "/l/%00",
    ],
)
async def test_s2_no_address_with_nul_is_an_accident(shop: Platform, path: str) -> None:
    assert (await asked(shop, "GET", path)).status in (200, 303, 400, 404)


async def test_a_wrong_method_hears_the_right_ones(shop: Platform) -> None:
    reply = await asked(shop, "DELETE", PAYMENTS)
    problem = check_problem(reply, 405, "method_not_allowed")
    assert set(reply.headers["Allow"].split(", ")) >= {"GET", "POST"}
    assert problem["detail"] == "This address does not answer to DELETE."


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/nothing", "/v1/payments/a/b/c", "/%2e%2e/etc/passwd", "/assets/x/y"]
)
async def test_an_unknown_address_is_a_problem_for_programs_and_a_page_for_people(
    shop: Platform, path: str
) -> None:
    check_problem(await asked(shop, "GET", path), 404, "not_found")
    page = await asked(shop, "GET", path, Accept="text/html,*/*;q=0.8", Accept_Language="en")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "We cannot find this page" in page.raw.decode()
    assert "nonce-" in page.headers["Content-Security-Policy"]
