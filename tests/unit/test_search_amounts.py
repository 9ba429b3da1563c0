"""Which amounts may a searched text stand for?"""

import pytest

from tael.exports.usecases.search import amounts_in


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("12.80", [1280, 12800]),
        ("¥12.8", [1280, 12800]),
        ("1,280.00", [128000, 1280000]),
        ("7", [7, 700, 7000]),
        ("0.001", [1]),
        ("0", []),
        ("order-12", []),
        ("12.8000", []),
        ("1,28", []),
    ],
)
def test_a_text_stands_for_the_amounts_that_currencies_allow(text: str, amounts: list[int]) -> None:
    assert list(amounts_in(text)) == amounts
