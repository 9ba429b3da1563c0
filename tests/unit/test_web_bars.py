"""Is a number drawn as the bars that scanners of ISO/IEC 15417 read?"""

import re

import pytest

from tael.web.ui.codes import BAR_QUIET_MODULES, bars_svg

START, STOP = "211232", "2331112"


def widths_in(svg: str) -> str:
    """The widths of bars and spaces, from the first bar to the last."""
    bars = [(int(left), int(width)) for left, width in re.findall(r"M(\d+) 0h(\d+)v48h-\d+z", svg)]
    assert bars[0][0] == BAR_QUIET_MODULES
    told = ""
    for (left, width), (following, _) in zip(bars, [*bars[1:], (0, 0)], strict=True):
        told += str(width) + (str(following - left - width) if following else "")
    return told


@pytest.mark.parametrize(
    ("digits", "drawn", "check"),
    [
        ("12", "112232", "122231"),  # (105 + 1 · 12) mod 103 = 14
        ("0000", "212222" * 2, "222221"),  # 105 mod 103 = 2
        ("9900", "113141" + "212222", "311141"),  # (105 + 1 · 99) mod 103 = 101
    ],
)
def test_pairs_of_digits_stand_between_start_check_and_stop(digits: str, drawn: str, check: str) -> None:
    assert widths_in(bars_svg(digits, title="bars")) == START + drawn + check + STOP


@pytest.mark.parametrize("digits", ["123", "12a4", "１２"])
def test_what_is_no_pairs_of_digits_is_refused(digits: str) -> None:
    with pytest.raises(ValueError, match="pairs of digits"):
        bars_svg(digits, title="bars")
