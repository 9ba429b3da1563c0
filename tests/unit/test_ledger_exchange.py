"""Do the four lines of an exchange balance in each currency, at the rate that is said, to the minor unit?"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.ledger.errors import EntryMalformed
from tael.ledger.model import Account, AccountClass, Limit
from tael.ledger.postings import Exchange, bought_minor, exchange_postings


def account(code: str, currency: str, exponent: int, kind: AccountClass) -> Account:
    return Account(
        no=1, code=code, currency=currency, exponent=exponent, account_class=kind, limits=(Limit(),)
    )


def exchange(**more: object) -> Exchange:
    wanted = {
        "from_account": "a", "to_account": "b", "sell_minor": 10_000, "sell_currency": "USD",
        "buy_minor": 71_235, "buy_currency": "CNY", "rate": "7.12345",
    }  # fmt: skip
    return Exchange(**(wanted | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sell", "rate", "exponents", "buys"),
    [
        (10_000, "7.12345", (2, 2), 71_235),
        (10_000, "7.12344", (2, 2), 71_234),
        (100, "149.5", (2, 0), 150),
        (100, "149.4999", (2, 0), 149),
        (1, "0.000000000000000001", (0, 18), 1),
        (10**18, "3000", (18, 2), 300_000),
        (2**63 - 1, "1", (2, 2), 2**63 - 1),
        (1, "0.4", (2, 2), 0),
    ],
)
def test_what_is_bought_is_rounded_half_up(
    sell: int, rate: str, exponents: tuple[int, int], buys: int
) -> None:
    assert bought_minor(sell, rate, sell_exponent=exponents[0], buy_exponent=exponents[1]) == buys


@given(
    st.integers(1, 2**63 - 1),
    st.from_regex(r"[0-9]{1,9}\.[0-9]{1,9}", fullmatch=True).filter(lambda text: Fraction(text) > 0),
    st.integers(0, 18),
    st.integers(0, 18),
)
def test_no_rounding_is_off_by_more_than_half_a_minor_unit(
    sell: int, rate: str, sold: int, bought: int
) -> None:
    exact = sell * Fraction(rate) * Fraction(10) ** (bought - sold)
    difference = bought_minor(sell, rate, sell_exponent=sold, buy_exponent=bought) - exact
    assert Fraction(-1, 2) < difference <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("sold_from", "bought_for", "signs"),
    [
        (AccountClass.LIABILITY, AccountClass.LIABILITY, (1, -1)),
        (AccountClass.ASSET, AccountClass.ASSET, (-1, 1)),
        (AccountClass.LIABILITY, AccountClass.ASSET, (1, 1)),
        (AccountClass.EQUITY, AccountClass.EXPENSE, (1, 1)),
    ],
)
def test_one_side_has_less_and_the_other_more_and_each_currency_balances(
    sold_from: AccountClass, bought_for: AccountClass, signs: tuple[int, int]
) -> None:
    made = exchange_postings(
        exchange(), sold_from=account("a", "USD", 2, sold_from), bought_for=account("b", "CNY", 2, bought_for)
    )
    assert [(line.code, line.currency, line.amount_minor) for line in made] == [
        ("a", "USD", signs[0] * 10_000),
        ("position", "USD", -signs[0] * 10_000),
        ("position", "CNY", -signs[1] * 71_235),
        ("b", "CNY", signs[1] * 71_235),
    ]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"buy_minor": 71_234}, "exchange.buy_minor"),
        ({"rate": "0"}, "exchange.rate"),
        ({"rate": "-1"}, "exchange.rate"),
        ({"rate": "1e3"}, "exchange.rate"),
        ({"rate": "7.1234567890123456789"}, "exchange.rate"),
        ({"sell_minor": 0}, "exchange.sell_minor"),
        ({"buy_minor": 2**63}, "exchange.buy_minor"),
        ({"buy_currency": "USD"}, "exchange.buy_currency"),
    ],
)
def test_what_is_no_exchange_names_its_field(more: dict[str, object], field: str) -> None:
    both = account("a", "USD", 2, AccountClass.ASSET)
    with pytest.raises(EntryMalformed) as refused:
        exchange_postings(exchange(**more), sold_from=both, bought_for=both)
    assert refused.value.field == field
