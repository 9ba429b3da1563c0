"""How does the simulated Stripe read forms, and which amounts does it take?"""

import pytest

from tael.simulators.stripe.cards import card_of_number, card_of_token
from tael.simulators.stripe.forms import Fields, minor_of, read_form
from tael.simulators.stripe.intents import fee_of
from tael.simulators.stripe.refusals import ApiError


def test_brackets_make_a_tree() -> None:
    tree = read_form("a=1&b[c][d]=2&e[]=x&e[]=y&f[0][g]=z&h=")
    assert tree == {
        "a": "1",
        "b": {"c": {"d": "2"}},
        "e": {"0": "x", "1": "y"},
        "f": {"0": {"g": "z"}},
        "h": "",
    }
    assert Fields(tree).texts("e") == ["x", "y"]


@pytest.mark.parametrize(
    "text",
    ["a[b=1", "[]=1", "a]=1", "a=1&a[b]=2", "a[b]=1&a[b][c]=2", "a" + "[b]" * 900 + "=1", "a=1&" * 1001],
)
def test_what_is_no_form_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_form(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("currency", "units", "minor"),
    [("usd", 1999, 1999), ("jpy", 500, 500), ("isk", 50_000, 500), ("ugx", 50_000, 500), ("kwd", 1230, 1230)],
)
def test_amounts_are_counted_as_stripe_does(currency: str, units: int, minor: int) -> None:
    fields = Fields({"amount": str(units)})
    assert fields.amount("amount", currency) == units
    assert minor_of(units, currency) == minor
    assert fields.amount("amount", currency) > fee_of(units, currency) > 0


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("usd", "0"),
        ("usd", "-1"),
        ("usd", "1.5"),
        ("usd", "100000000"),
        ("isk", "50"),
        ("kwd", "1231"),
        ("usd", ""),
    ],
)
def test_amounts_that_stripe_refuses_are_refused(currency: str, text: str) -> None:
    with pytest.raises(ApiError):
        Fields({"amount": text}).amount("amount", currency)


def test_test_cards_are_known_by_all_their_names() -> None:
    names = ("pm_card_visa_chargeDeclinedInsufficientFunds", "tok_chargeDeclinedInsufficientFunds")
    cards = {card_of_token(name) for name in names} | {card_of_number("4000 0000-0000 9995")}
    assert [card.name for card in cards if card is not None] == ["chargeDeclinedInsufficientFunds"]
    for other in ("pm_1", "tok_", "visa", "pm_card_", "pm_card_visa_nothing"):
        assert card_of_token(other) is None
    assert card_of_number("4111111111111111") is None
