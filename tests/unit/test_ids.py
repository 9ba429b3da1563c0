"""Do ids tell their kind, sort by time, and never repeat?"""

import itertools
import re

import pytest

from tael.foundation.clock import SystemClock
from tael.foundation.errors import Malformed
from tael.foundation.ids import check_id, new_id, time_of


def test_an_id_is_its_prefix_and_26_characters() -> None:
    assert re.fullmatch(r"pay_[0-7][0-9a-hjkmnp-tv-z]{25}", new_id("pay"))


def test_the_bits_of_an_id_are_those_of_a_uuid_of_version_7() -> None:
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    number = 0
    for character in new_id("pay").removeprefix("pay_"):
        number = number * 32 + alphabet.index(character)

    assert number < 2**128
    assert (number >> 76) & 0xF == 7, "version"
    assert (number >> 62) & 0b11 == 0b10, "variant"


def test_200_000_ids_are_all_different() -> None:
    assert len({new_id("pay") for _ in range(200_000)}) == 200_000


def test_ids_sort_as_text_in_the_order_in_which_they_were_made() -> None:
    made = [new_id("pay") for _ in range(20_000)]

    assert made == sorted(made)


def test_nobody_can_tell_the_next_id_of_a_millisecond_from_the_last() -> None:
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    bodies = [new_id("pay").removeprefix("pay_") for _ in range(2_000)]
    numbers = [sum(alphabet.index(c) << 5 * i for i, c in enumerate(reversed(body))) for body in bodies]
    steps = [b - a for a, b in itertools.pairwise(numbers)]

    assert len(set(steps)) == len(steps)
    assert sum(step > 2**48 for step in steps) > len(steps) // 2


def test_an_id_tells_the_millisecond_in_which_it_was_made() -> None:
    before = SystemClock().now()
    made_at = time_of(new_id("pay"))
    after = SystemClock().now()

    assert before.replace(microsecond=before.microsecond // 1000 * 1000) <= made_at <= after
    assert made_at.tzinfo is not None


def test_an_id_that_we_gave_out_is_accepted_as_it_is() -> None:
    identity = new_id("pay")

    assert check_id(identity, prefix="pay") == identity


A_GOOD_ID = "pay_06dk3vg5m8x4t9c1h2zq7n0rby"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pay_",
        f"rfd_{A_GOOD_ID[4:]}",
        A_GOOD_ID.upper(),
        A_GOOD_ID[:-1],
        A_GOOD_ID + "0",
        A_GOOD_ID + "\n",
        A_GOOD_ID[:-1] + "u",
        A_GOOD_ID[:-1] + "l",
        A_GOOD_ID[:-1] + "１",
        "pay_" + "z" * 26,
        "pay_" + "8" + "0" * 25,
        f"x{A_GOOD_ID}",
        "pay_" + "0" * 5_000,
        "pay_'; drop table payments;--",
    ],
)
def test_what_we_never_gave_out_is_refused_by_field(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_id(text, prefix="pay", field="payment_id")

    assert refused.value.field == "payment_id"
    assert len(refused.value.message) < 150
