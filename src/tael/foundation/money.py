"""What is an amount of money? A whole number of minor units, and a currency.

No float ever touches money. Amounts of unlike currencies do not add. Splitting keeps the total to
the last minor unit. Exponents are those of ISO 4217, and of the tokens that we take beside it.
"""

import re
from collections.abc import Sequence
from typing import Self

import msgspec

from tael.foundation.errors import Malformed

MAX_MINOR = 2**63 - 1
"""The largest amount that the database's int8 can hold."""

_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF"
    " CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD"
    " HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA"
    " MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN"
    " QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP"
    " TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
TOKENS = {"USDC": 6, "USDT": 6}
"""Decimals of the tokens that stand for a currency: as their contracts on Ethereum say."""
EXPONENTS: dict[str, int] = {
    currency: exponent for exponent, listed in _EXPONENTS.items() for currency in listed.split()
} | TOKENS
"""Decimals of each currency in ISO 4217 (list one, 2026-01-01), funds codes left out; and of tokens."""

_DECIMAL = re.compile(r"(-?)([0-9]{1,19})(?:\.([0-9]{1,6}))?")


def exponent_of(currency: str, *, field: str = "currency") -> int:
    """How many decimals `currency` has; raises `Malformed` for a code that ISO 4217 does not list."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise Malformed(
            f"{currency[:12]!r} is not a currency code of ISO 4217.",
            field=field,
            hint="Use three capital letters, for example CNY.",
        ) from None


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units (fen, cents) of one currency."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str, *, field: str = "amount") -> Self:
        """Read a decimal such as `12.80`; more decimals than the currency has are refused, never rounded."""
        exponent = exponent_of(currency)
        match = _DECIMAL.fullmatch(text)
        decimals = (match[3] or "") if match else ""
        if match is None or len(decimals) > exponent:
            raise Malformed(
                f"{text[:40]!r} is not an amount of {currency}, which has {exponent} decimals.",
                field=field,
                hint=f"Write it as {cls(123_456, currency).decimal()}.",
            )
        minor = int(match[2] + decimals.ljust(exponent, "0"))
        if minor > MAX_MINOR:
            raise Malformed(f"{text} {currency} is larger than can be booked.", field=field)
        return cls(-minor if match[1] else minor, currency)

    def decimal(self) -> str:
        """The amount as a plain decimal, as channels and files want it: `-0.05`, `12.80`, `500`."""
        return decimal_text(self.minor, EXPONENTS[self.currency])

    def __str__(self) -> str:
        return f"{self.decimal()} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split by `weights` so that the parts sum to the whole.

        What integer division leaves over goes, one minor unit each, to the parts with the largest
        remainder, earlier parts first (largest remainder method).
        """
        total = sum(weights)
        if not weights or total <= 0 or min(weights) < 0:
            raise ValueError("weights are whole numbers, none negative, not all zero")
        sign = -1 if self.minor < 0 else 1
        shares = [divmod(abs(self.minor) * weight, total) for weight in weights]
        left_over = abs(self.minor) - sum(share for share, _ in shares)
        by_remainder = sorted(range(len(weights)), key=lambda part: (-shares[part][1], part))
        extra = set(by_remainder[:left_over])
        return [
            Money(sign * (share + (part in extra)), self.currency) for part, (share, _) in enumerate(shares)
        ]


def decimal_text(minor: int, exponent: int) -> str:
    """Minor units of a currency with `exponent` decimals as a plain decimal: `-0.05`, `12.80`, `500`."""
    digits = str(abs(minor)).rjust(exponent + 1, "0")
    whole, decimals = digits[: len(digits) - exponent], digits[len(digits) - exponent :]
    return ("-" if minor < 0 else "") + whole + ("." + decimals if decimals else "")


def basis_points_of(amount_minor: int, basis_points: int) -> int:
    """`basis_points` hundredths of a percent of an amount, rounded half up to a minor unit."""
    return (amount_minor * basis_points + 5_000) // 10_000
