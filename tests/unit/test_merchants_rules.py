"""What is an API key, and what may a merchant be called?"""

import pytest

from tael.merchants.rules import LARGEST_FEE_BASIS_POINTS, hash_of, prefix_of, why_malformed

KEY = "tael_abcdefgh27_" + "a" * 40


def test_a_key_shows_its_prefix_only() -> None:
    assert prefix_of(KEY) == "tael_abcdefgh27"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tael_",
        KEY[:-1],
        KEY + "a",
        KEY + "\n",
        KEY.upper(),
        " " + KEY,
        KEY.replace("a", "1"),
        KEY.replace("_", "-"),
        "x" * 5_000,
    ],
)
def test_what_is_not_a_key_has_no_prefix(text: str) -> None:
    assert prefix_of(text) is None


def test_a_hash_says_nothing_about_the_key_and_everything_about_sameness() -> None:
    assert len(hash_of(KEY)) == 32
    assert KEY.encode() not in hash_of(KEY)
    assert hash_of(KEY) == hash_of(KEY) != hash_of(KEY[:-1] + "b")


@pytest.mark.parametrize("name", ["蓝茶壶 Blue Teapot", "x", "x" * 64, "  Tea  "])
def test_a_printable_name_is_accepted(name: str) -> None:
    assert why_malformed(name, 60) is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "Tea\npot", "Tea\x1b[31mpot", "Tea\u2028pot"])
def test_a_name_that_would_not_fit_on_a_page_or_a_log_line_is_refused(name: str) -> None:
    refusal = why_malformed(name, 60)

    assert refusal is not None
    assert refusal.field == "name"


@pytest.mark.parametrize("fee", [-1, LARGEST_FEE_BASIS_POINTS + 1])
def test_a_fee_that_can_only_be_a_typing_error_is_refused(fee: int) -> None:
    refusal = why_malformed("Tea", fee)

    assert refusal is not None
    assert refusal.field == "fee_basis_points"
    assert why_malformed("Tea", 0) is why_malformed("Tea", LARGEST_FEE_BASIS_POINTS) is None
