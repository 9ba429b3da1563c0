"""Which six digits are too easy, and how strongly must an act be confirmed?"""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.foundation.dated_rules import shipped_rules
from tael.foundation.money import Money
from tael.identity.errors import PaymentPasswordWeak
from tael.identity.model import Factor, StepUpQuestion, StepUpRule, Strength
from tael.identity.proofs.passkeys import Site
from tael.identity.rules import confirmations, payment_passwords

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
RULE = msgspec.convert(dict(shipped_rules("identity").versions[0].value), StepUpRule)


@pytest.mark.parametrize(
    "digits",
    [
        "12345",
        "1234567",
        "12345a",
        "１２３４５６",
        "123456",
        "654321",
        "890123",
        "000000",
        "121212",
        "112233",
        "111222",
        "123123",
        "123321",
        "119119",
        "900101",
        "010190",
        "310190",
        "199003",
        "031990",
        "000229",
        "001234",
    ],
)
def test_six_digits_that_are_tried_first_are_refused(digits: str) -> None:
    with pytest.raises(PaymentPasswordWeak) as refused:
        payment_passwords.check_payment_password(digits, about=("+86 138-0000-1234",))
    assert refused.value.field == "payment_password"
    assert digits not in str(refused.value)


@pytest.mark.parametrize("digits", ["739418", "905172", "473829", "264801"])
def test_six_digits_that_say_nothing_will_do(digits: str) -> None:
    payment_passwords.check_payment_password(digits, about=("+86 138-0000-1234",))


def test_most_of_the_million_are_left() -> None:
    def is_left(number: int) -> bool:
        try:
            payment_passwords.check_payment_password(f"{number:06}")
        except PaymentPasswordWeak:
            return False
        return True

    left = sum(is_left(number) for number in range(0, 1_000_000, 997))
    assert left > 800


def question(minor: int, *, weak: int = 0, unsigned: int = 0, currency: str = "CNY") -> StepUpQuestion:
    return StepUpQuestion(
        login_id="lgn_1",
        kind="payment",
        amount=Money(minor, currency),
        at=NOON,
        weak_today_minor=weak,
        unsigned_today_minor=unsigned,
    )


@pytest.mark.parametrize(
    ("asked", "small", "strength"),
    [
        (question(100_000), None, Strength.ONE),
        (question(100_001), None, Strength.TWO),
        (question(1, weak=100_000), None, Strength.TWO),
        (question(500_000), None, Strength.TWO),
        (question(500_001), None, Strength.SIGNED),
        (question(1, unsigned=500_000), None, Strength.SIGNED),
        (question(1, weak=1, unsigned=500_000), None, Strength.SIGNED),
        (question(20_000), Money(20_000, "CNY"), Strength.NONE),
        (question(20_001), Money(50_000, "CNY"), Strength.ONE),
        (question(20_000, weak=80_001), Money(20_000, "CNY"), Strength.TWO),
        (question(1), Money(20_000, "USD"), Strength.ONE),
        (question(1, currency="USD"), Money(20_000, "USD"), Strength.SIGNED),
    ],
)
def test_the_strength_follows_what_was_done_today(
    asked: StepUpQuestion, small: Money | None, strength: Strength
) -> None:
    assert confirmations.strength_of(asked, RULE, small=small) is strength


@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=40), st.integers(0, 30_000))
def test_however_a_day_goes_neither_limit_of_the_law_is_passed(amounts: list[int], small_minor: int) -> None:
    weak = unsigned = 0
    for minor in amounts:
        asked = question(minor, weak=weak, unsigned=unsigned)
        strength = confirmations.strength_of(asked, RULE, small=Money(small_minor, "CNY"))
        weak += minor if strength.is_weak else 0
        unsigned += minor if strength is not Strength.SIGNED else 0
    assert weak <= 100_000
    assert unsigned <= 500_000


def test_each_strength_has_sets_that_reach_it() -> None:
    for strength in Strength:
        sets = confirmations.factors_for(strength, RULE).sets
        assert bool(sets) is (strength is not Strength.NONE)
        assert all(Factor.DEVICE not in one for one in sets)
    assert all(Factor.PASSKEY in one for one in RULE.sets[Strength.SIGNED])
    assert Strength.SIGNED.reaches(Strength.TWO)
    assert not Strength.ONE.reaches(Strength.TWO)


def test_passkeys_belong_to_the_host_of_the_public_address_whatever_its_path() -> None:
    site = Site.at("https://Pay.example:8443/test")
    assert (site.host, site.origin) == ("pay.example", "https://pay.example:8443")
