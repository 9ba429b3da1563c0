"""Which accounts move when one currency is exchanged for another? Four: the two sides, and a position in each currency.

Debits equal credits in every currency, so money never turns into other money inside an entry. What the books gave in
one currency and took in the other stands on two *position* accounts of one code. Their balances say how much of each
currency is owed to, or owned for, exchange; valued at a rate of the day they say what exchange has earned or lost.
"""

import re

import msgspec

from tael.foundation.money import MAX_MINOR
from tael.ledger.errors import EntryMalformed
from tael.ledger.model import Account, Posting

RATE = "exchange.rate"
"""Where the rate is kept in the metadata of the entry, as it was written."""
_RATE = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,18}))?")


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of one currency for an amount of another."""

    from_account: str
    to_account: str
    sell_minor: int
    sell_currency: str
    buy_minor: int
    buy_currency: str
    rate: str
    """How many units of the bought currency there are for one unit of the sold: `7.1234`."""
    position: str = "position"
    """The code of the position accounts, one in each currency."""


def exchange_postings(exchange: Exchange, *, sold_from: Account, bought_for: Account) -> tuple[Posting, ...]:
    """The four lines of an exchange: `sold_from` has less on its normal side, `bought_for` has more.

    Refuses `EntryMalformed` if what is bought does not follow by the rate from what is sold.
    """
    _check_amounts(exchange)
    _check_rate(exchange, sell_exponent=sold_from.exponent, buy_exponent=bought_for.exponent)
    sold = -sold_from.account_class.normal_sign * exchange.sell_minor
    bought = bought_for.account_class.normal_sign * exchange.buy_minor
    return (
        Posting(exchange.from_account, exchange.sell_currency, sold),
        Posting(exchange.position, exchange.sell_currency, -sold),
        Posting(exchange.position, exchange.buy_currency, -bought),
        Posting(exchange.to_account, exchange.buy_currency, bought),
    )


def bought_minor(sell_minor: int, rate: str, *, sell_exponent: int, buy_exponent: int) -> int:
    """What `sell_minor` buys at `rate`, rounded half up to one minor unit of the bought currency.

    >>> bought_minor(10_000, "7.12345", sell_exponent=2, buy_exponent=2)
    71235
    """
    units, decimals = _read_rate(rate)
    numerator: int = sell_minor * units * 10**buy_exponent
    denominator: int = 10 ** (decimals + sell_exponent)
    return (2 * numerator + denominator) // (2 * denominator)


def _read_rate(rate: str) -> tuple[int, int]:
    """A rate as a whole number and how many of its digits are decimals."""
    match = _RATE.fullmatch(rate)
    units, decimals = (int(match[1] + (match[2] or "")), len(match[2] or "")) if match else (0, 0)
    if not units:
        raise EntryMalformed(
            f"{rate[:40]!r} is not a rate.",
            field="exchange.rate",
            hint='Write a decimal above 0 as a text, with at most 18 digits before and after the point: "7.1234".',
        )
    return units, decimals


def _check_amounts(exchange: Exchange) -> None:
    for field in ("sell_minor", "buy_minor"):
        if not 1 <= getattr(exchange, field) <= MAX_MINOR:
            raise EntryMalformed(
                f"{field} is not between 1 and {MAX_MINOR} minor units.", field=f"exchange.{field}"
            )
    if exchange.sell_currency == exchange.buy_currency:
        raise EntryMalformed(
            f"Both sides are in {exchange.sell_currency}: that is no exchange.", field="exchange.buy_currency"
        )


def _check_rate(exchange: Exchange, *, sell_exponent: int, buy_exponent: int) -> None:
    buys = bought_minor(
        exchange.sell_minor, exchange.rate, sell_exponent=sell_exponent, buy_exponent=buy_exponent
    )
    if exchange.buy_minor != buys:
        raise EntryMalformed(
            f"{exchange.sell_minor} minor units of {exchange.sell_currency} at {exchange.rate} are {buys} of"
            f" {exchange.buy_currency}, not {exchange.buy_minor}.",
            field="exchange.buy_minor",
            hint="Amounts are in minor units, and rounded half up.",
        )
