"""What may a merchant be called, and charged?"""

import pytest

from tael.merchants.rules import LARGEST_FEE_BASIS_POINTS, why_malformed


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
