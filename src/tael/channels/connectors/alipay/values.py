"""How does Alipay write times, amounts and names?"""

import re
from datetime import UTC, datetime

from tael.foundation.clock import CHINA
from tael.foundation.errors import Malformed
from tael.foundation.money import Money

CURRENCY = "CNY"

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?")
_AMOUNT = re.compile(r"[0-9]{1,17}(?:\.[0-9]{1,2})?")
_NUMBER = re.compile(r"[0-9A-Za-z_|*-]{1,64}")
_FORBIDDEN_IN_SUBJECT = str.maketrans({"/": "／", "=": "＝", "&": "＆"})
_LONGEST_SUBJECT = 256


def write_time(moment: datetime) -> str:
    """`2026-05-01 09:30:00`, in China's time."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def read_time(text: str | None) -> datetime | None:
    """The moment that Alipay's text names, in UTC; None if it names none."""
    if not text or not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_amount(text: str | None) -> Money | None:
    """The amount of yuan in `12.80`; None if the text is not one."""
    if not text or not _AMOUNT.fullmatch(text):
        return None
    try:
        return Money.parse(text, CURRENCY)
    except Malformed:
        return None


def read_number(text: str | None) -> str | None:
    """An order, trade or notice number; None if it has characters or a length that numbers have not."""
    return text if text and _NUMBER.fullmatch(text) else None


def read_words(text: str | None, *, longest: int = 256) -> str | None:
    """Words for people, without control characters; None if nothing is left."""
    if not text:
        return None
    return "".join(character for character in text[:longest] if character.isprintable()).strip() or None


def write_subject(text: str) -> str:
    """A subject that Alipay accepts: no `/`, `=`, `&` (their full-width twins instead), not too long."""
    return (read_words(text.translate(_FORBIDDEN_IN_SUBJECT), longest=_LONGEST_SUBJECT)) or "-"
