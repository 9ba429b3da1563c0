"""How are money, times and words written into a message, in each language?

A person's own words (the name of a device, a note) go into a text message that carries our name: they are cut, stand on one
line, and lose what would make an address of them clickable.
"""

import re
from datetime import datetime

from tael.foundation.clock import CHINA
from tael.foundation.money import Money
from tael.foundation.printable import PRINTABLE
from tael.messages.model import Language, Value

LONGEST_TEXT = 60
_PRINTABLE = re.compile(PRINTABLE)
_SIGNS = {"CNY": "¥", "USD": "US$", "EUR": "€", "HKD": "HK$", "GBP": "£", "JPY": "JP¥"}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_LINK = re.compile(
    r"(?i)(?:https?|ftp)://|(?<![a-z0-9])www\.|(?<=\w)[.．｡](?=[^\W\d_]{2})|(?<=[0-9])[.．｡](?=[0-9]+[.．｡][0-9]+[.．｡][0-9])"
)
"""Also with Chinese words on both sides, under names of any script, and of machines that are called by numbers."""


def money_text(money: Money) -> str:
    """`¥1,234.50`; of a currency without a sign of its own `1,234.50 CHF`."""
    whole, point, decimals = money.decimal().partition(".")
    minus, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}{point}{decimals}"
    sign = _SIGNS.get(money.currency)
    return f"{minus}{sign}{grouped}" if sign else f"{minus}{grouped} {money.currency}"


def time_text(moment: datetime, language: Language) -> str:
    """`3月1日 12:05`, `1 Mar 12:05`: by the clock of China."""
    here = moment.astimezone(CHINA)
    day = day_text(moment, language)
    return f"{day} {here:%H:%M}"


def day_text(moment: datetime, language: Language) -> str:
    """`3月1日`, `1 Mar`: of China."""
    here = moment.astimezone(CHINA)
    if language is Language.CHINESE:
        return f"{here.month}月{here.day}日"
    return f"{here.day} {_MONTHS[here.month - 1]}"


def plain_text(text: str) -> str:
    """Somebody's own words, harmless: one line, not long, no links."""
    line = "".join(each if _PRINTABLE.match(each) else " " for each in text).strip()
    line = _LINK.sub(" ", " ".join(line.split()))
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def written(kind: str, value: Value, language: Language) -> str:
    """A value as a message says it."""
    match kind, value:
        case "money", Money():
            return money_text(value)
        case "time", datetime():
            return time_text(value, language)
        case "day", datetime():
            return day_text(value, language)
        case "number", int():
            return str(value)
        case "code" | "text", str():
            return value if kind == "code" else plain_text(value)
        case _:
            raise TypeError(f"{type(value).__name__} is no {kind}")
