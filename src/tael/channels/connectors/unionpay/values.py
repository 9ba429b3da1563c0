"""How does UnionPay write times, amounts, numbers and words?"""

import re
from datetime import UTC, datetime

from tael.foundation.clock import CHINA
from tael.foundation.money import Money

CURRENCY = "CNY"
CURRENCY_NUMBER = "156"
"""The yuan in ISO 4217's numbers."""
LARGEST_MINOR = 999_999_999_999
LONGEST_NUMBER = 32
"""Messages would have room for 40, but the file of a day has not."""

_TIME = re.compile(r"[0-9]{14}")
_TRACE_TIME = re.compile(r"[0-9]{10}")
_AMOUNT = re.compile(r"[0-9]{1,12}")
_NUMBER = re.compile(r"[0-9A-Za-z]{8,32}")
_OURS = re.compile(r"[0-9A-Za-z_-]{1,64}")
_REFERENCE = re.compile(r"[0-9A-Za-z]{1,40}")
_ESCAPES = {"Z": "ZZ", "_": "Zu", "-": "Zh"}
_ESCAPED = re.compile(r"Z([Zuh])")
_UNESCAPES = {"Z": "Z", "u": "_", "h": "-"}
SEALED_CARD = re.compile(r"[0-9A-Za-z+/]{300,800}={0,2}")
"""A card's number, encrypted by RSA with 2,048 bits or more, in base64."""
_NOT_IN_WORDS = re.compile(r"[{}\[\]&=<>\"'|]")


def write_time(moment: datetime) -> str:
    """`20260501093000`, in China's time."""
    return moment.astimezone(CHINA).strftime("%Y%m%d%H%M%S")


def read_time(text: str) -> datetime | None:
    """The moment that `20260501093000` names, in UTC; None if it names none."""
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_trace_time(text: str, *, after: datetime) -> datetime | None:
    """The moment that `0501093000` names: in the year of `after`, or in the next one if it would lie before."""
    if not _TRACE_TIME.fullmatch(text):
        return None
    year = after.astimezone(CHINA).year
    moments = (read_time(f"{year}{text}"), read_time(f"{year + 1}{text}"))
    return next((moment for moment in moments if moment is not None and moment >= after), moments[0])


def read_amount(text: str) -> Money | None:
    """The amount of fen in `1280`; None if the text is not one."""
    return Money(int(text), CURRENCY) if _AMOUNT.fullmatch(text) else None


def write_number(number: str) -> str | None:
    """Our number as UnionPay allows it: letters and digits, 8 to 32 of them. None if it cannot be had.

    `_` and `-` are written `Zu` and `Zh`, and `Z` is written `ZZ`, so that every number comes back as it was.
    """
    if not _OURS.fullmatch(number):
        return None
    written = "".join([_ESCAPES.get(character, character) for character in number])
    return written if 8 <= len(written) <= LONGEST_NUMBER else None


def read_number(text: str) -> str | None:
    """Our number, from UnionPay's writing of it; None if we did not write it so."""
    if not _NUMBER.fullmatch(text):
        return None
    number = _ESCAPED.sub(lambda escape: _UNESCAPES[escape[1]], text)
    return number if write_number(number) == text else None


def read_reference(text: str) -> str | None:
    """UnionPay's own number of a transaction (`queryId`)."""
    return text if _REFERENCE.fullmatch(text) else None


def read_words(text: str, *, longest: int = 256) -> str | None:
    """Words for people, without control characters; None if nothing is left."""
    return "".join([character for character in text[:longest] if character.isprintable()]).strip() or None


def write_words(text: str, *, longest: int = 32) -> str:
    """Words in a form that cannot be taken for the form's own signs."""
    return read_words(_NOT_IN_WORDS.sub(" ", text), longest=longest) or "order"


def mask_card(text: str) -> str | None:
    """`**** 0048`: UnionPay sends whole card numbers to merchants that ask for them, and nobody here needs one."""
    return f"**** {text[-4:]}" if len(text) >= 12 and text[-4:].isdecimal() else None
