"""Are amounts exact, in every currency, and do splits keep the total?"""

import random

import msgspec
import pytest

from tael.foundation.errors import Malformed
from tael.foundation.money import EXPONENTS, MAX_MINOR, Money, basis_points_of, exponent_of


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("500", "JPY", 500),
        ("12.80", "CNY", 1280),
        ("12.8", "CNY", 1280),
        ("12", "CNY", 1200),
        ("-0.05", "CNY", -5),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        ("007.10", "CNY", 710),
        ("-0.00", "CNY", 0),
        ("92233720368547758.07", "CNY", MAX_MINOR),
    ],
)
def test_a_decimal_is_read_to_the_minor_unit(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (500, "JPY", "500"),
        (-1, "JPY", "-1"),
        (1280, "CNY", "12.80"),
        (-5, "CNY", "-0.05"),
        (0, "CNY", "0.00"),
        (1, "KWD", "0.001"),
        (123_456, "CLF", "12.3456"),
        (MAX_MINOR, "CNY", "92233720368547758.07"),
    ],
)
def test_an_amount_is_written_with_its_currencys_decimals(minor: int, currency: str, text: str) -> None:
    assert Money(minor, currency).decimal() == text
    assert str(Money(minor, currency)) == f"{text} {currency}"


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12.345", "CNY"),
        ("12.340", "CNY"),
        ("1.0", "JPY"),
        ("1.2345", "KWD"),
        ("0.00001", "CLF"),
        ("92233720368547758.08", "CNY"),
        ("9" * 19, "CNY"),
        ("9" * 5_000, "CNY"),
        ("NaN", "CNY"),
        ("inf", "CNY"),
        ("1e3", "CNY"),
        ("0x10", "CNY"),
        ("１２.８０", "CNY"),
        ("١٢", "CNY"),
        ("1_000", "CNY"),
        ("1,000", "CNY"),
        ("+1", "CNY"),
        ("--1", "CNY"),
        (".5", "CNY"),
        ("5.", "CNY"),
        ("", "CNY"),
        (" 1", "CNY"),
        ("1\n", "CNY"),
    ],
)
def test_s22_what_is_not_an_exact_amount_is_refused_and_never_rounded(text: str, currency: str) -> None:
    with pytest.raises(Malformed) as refused:
        Money.parse(text, currency, field="refund.amount")

    assert refused.value.field == "refund.amount"
    assert len(refused.value.message) < 200


@pytest.mark.parametrize("code", ["RMB", "cny", "", "XXX", "ＣＮＹ", "C" * 1_000])
def test_a_currency_that_iso_4217_does_not_list_is_refused(code: str) -> None:
    with pytest.raises(Malformed) as refused:
        exponent_of(code, field="payment.currency")

    assert refused.value.field == "payment.currency"
    assert len(refused.value.message) < 80


def test_every_currency_reads_back_what_it_writes() -> None:
    for currency in EXPONENTS:
        for minor in (0, 1, -1, 9, 10, 99, 100, 12_345, -98_765, MAX_MINOR):
            assert Money.parse(Money(minor, currency).decimal(), currency) == Money(minor, currency)


def test_amounts_of_unlike_currencies_do_not_add() -> None:
    with pytest.raises(ValueError, match="CNY and USD do not add"):
        Money(1, "CNY") + Money(1, "USD")
    with pytest.raises(ValueError, match="CNY and USD do not add"):
        Money(1, "CNY") - Money(1, "USD")

    assert Money(5, "CNY") + -Money(7, "CNY") == Money(2, "CNY") - Money(4, "CNY") == Money(-2, "CNY")


def test_s22_no_float_becomes_an_amount() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"minor": 1.5, "currency": "CNY"}', type=Money)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"minor": true, "currency": "CNY"}', type=Money)


def test_s22_the_rounding_residue_of_100_000_random_splits_is_zero() -> None:
    dice = random.Random(20_260_301)
    for _ in range(100_000):
        whole = Money(dice.randint(-(10**12), 10**12), "CNY")
        weights = [dice.randint(0, 10_000) for _ in range(dice.randint(1, 6))]
        weights[-1] += 1

        parts = whole.allocate(weights)

        assert sum(part.minor for part in parts) == whole.minor
        total = sum(weights)
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part.minor * total - whole.minor * weight) < total, "a part is off by a minor unit"


def test_what_is_left_over_goes_to_the_largest_remainders_and_to_earlier_parts_first() -> None:
    assert [part.minor for part in Money(100, "CNY").allocate([1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in Money(-100, "CNY").allocate([1, 1, 1])] == [-34, -33, -33]
    assert [part.minor for part in Money(10, "CNY").allocate([3, 0, 4])] == [4, 0, 6]
    assert [part.minor for part in Money(1, "JPY").allocate([1, 2])] == [0, 1]


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_split_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(100, "CNY").allocate(weights)


@pytest.mark.parametrize(
    ("amount", "basis_points", "share"),
    [(10_000, 60, 60), (1_280, 60, 8), (125, 40, 1), (124, 40, 0), (1, 0, 0), (10**14, 1_000, 10**13)],
)
def test_basis_points_round_half_up_to_a_minor_unit(amount: int, basis_points: int, share: int) -> None:
    assert basis_points_of(amount, basis_points) == share
