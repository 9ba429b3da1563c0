"""How does Stripe write amounts, times, numbers and words?

An amount is an integer of the currency's smallest unit, with four exceptions of Stripe's own against ISO 4217:
ariary are written without decimals, Icelandic krónur and Ugandan shillings with two that are always zero, and the
last of three decimals is always zero.
"""

import re
from datetime import UTC, datetime

from tael.foundation.money import EXPONENTS, MAX_MINOR, Money

TIMES_HUNDRED = frozenset({"ISK", "UGX"})
"""Without decimals in ISO 4217, with two at Stripe."""
PER_HUNDRED = frozenset({"MGA"})
"""With two decimals in ISO 4217, without at Stripe."""

_ID = re.compile(r"[a-z]{2,12}(?:_[0-9A-Za-z]{1,128}){1,4}")
_NUMBER = re.compile(r"[0-9A-Za-z_.:|*-]{1,128}")
_CURRENCY = re.compile(r"[a-z]{3}")
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


class CannotBeWritten(ValueError):
    """The amount is one that Stripe has no way of writing."""


def write_minor(amount: Money) -> int:
    """The amount in Stripe's units; raises `CannotBeWritten` rather than round."""
    if amount.currency in TIMES_HUNDRED:
        return amount.minor * 100
    unit = 100 if amount.currency in PER_HUNDRED else 10 if EXPONENTS.get(amount.currency) == 3 else 1
    if amount.minor % unit:
        raise CannotBeWritten(f"Stripe takes {amount.currency} in steps of {Money(unit, amount.currency)}.")
    return amount.minor // 100 if amount.currency in PER_HUNDRED else amount.minor


def read_money(units: int, currency: str) -> Money | None:
    """The amount that Stripe wrote, of either sign; None if it is not one."""
    if not _CURRENCY.fullmatch(currency) or abs(units) > MAX_MINOR // 100:
        return None
    code = currency.upper()
    if code not in EXPONENTS:
        return None
    if code in TIMES_HUNDRED:
        return None if units % 100 else Money(units // 100, code)
    return Money(units * 100 if code in PER_HUNDRED else units, code)


def read_time(seconds: int | None) -> datetime | None:
    """The moment so many seconds after 1970, in UTC; None if there is none."""
    return None if seconds is None or not 0 <= seconds <= _LATEST else datetime.fromtimestamp(seconds, UTC)


def write_time(moment: datetime) -> int:
    """Seconds since 1970."""
    return int(moment.timestamp())


def read_id(text: str | None, *kinds: str) -> str | None:
    """An id of Stripe's that begins with one of `kinds` (`pi`, `ch`); None if it is something else."""
    if text is None or not _ID.fullmatch(text):
        return None
    return text if text.partition("_")[0] in kinds else None


def read_number(text: str | None) -> str | None:
    """A number of ours as Stripe gives it back; None if it has characters that numbers have not."""
    return text if text and _NUMBER.fullmatch(text) else None


def read_words(text: str | None, *, longest: int = 256) -> str | None:
    """Words for people, without control characters; None if nothing is left."""
    if not text:
        return None
    return "".join(character for character in text[:longest] if character.isprintable()).strip() or None
