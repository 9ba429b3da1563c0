"""Which six digits are no payment password? Those that are tried first. No input, no output, no clock.

There are a million of them, and five tries before a pause: whoever guesses begins with 123456, with one digit six times, and
with birthdays. Left are more than 800,000.
"""

import re
from collections.abc import Sequence
from datetime import date

from tael.identity.errors import PaymentPasswordWeak

DIGITS = 6
_UP = "0123456789012345"
_DOWN = _UP[::-1]
_FIRST_YEAR, _LAST_YEAR = 1900, 2099


def check_payment_password(digits: str, *, about: Sequence[str] = ()) -> None:
    """Refuses `PaymentPasswordWeak`. `about` is what others know of the person: telephone number, document, birthday."""
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits):
        raise PaymentPasswordWeak(f"A payment password has {DIGITS} digits.", field="payment_password")
    known = [re.sub(r"[^0-9]", "", text) for text in about]
    if _is_a_pattern(digits) or _is_a_date(digits) or any(digits in each for each in known):
        raise PaymentPasswordWeak(
            "These digits are among those that are tried first.",
            field="payment_password",
            hint="No birthday, no row like 123456, no repetition, nothing of your telephone or document number.",
        )


def _is_a_pattern(digits: str) -> bool:
    """A row, a repetition, pairs, a mirror, or too few different digits."""
    if digits in _UP or digits in _DOWN or len(set(digits)) <= 2:
        return True
    halves, pairs = (digits[:3], digits[3:]), [digits[place : place + 2] for place in (0, 2, 4)]
    return (
        halves[0] in (halves[1], halves[1][::-1])
        or len(set(pairs)) == 1
        or all(pair[0] == pair[1] for pair in pairs)
        or all(len(set(half)) == 1 for half in halves)
    )


def _is_a_date(digits: str) -> bool:
    """Year, month and day with two digits each, in one of the usual orders; or a year with four and a month."""
    one, two, three = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    written = ((one, two, three), (three, one, two), (three, two, one))
    if any(
        _is_day(1900 + year, month, day) or _is_day(2000 + year, month, day) for year, month, day in written
    ):
        return True
    return any(
        _FIRST_YEAR <= int(year) <= _LAST_YEAR and 1 <= int(month) <= 12
        for year, month in ((digits[:4], digits[4:]), (digits[2:], digits[:2]))
    )


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
