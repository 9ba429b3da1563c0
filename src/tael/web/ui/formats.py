"""How are amounts, times and durations written for the reader?

Amounts as in the Unicode locale data: a reader of Chinese sees `¥12.80`, a reader of English
`CN¥12.80`, because there `¥` alone may be yen. Times are in China's zone; pages in English say so.
"""

from datetime import date, datetime, time, timedelta

import msgspec

from tael.foundation.clock import CHINA
from tael.foundation.money import Money
from tael.web.ui.i18n import Language

_SYMBOLS = {
    Language.CHINESE: {"CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥"},
    Language.ENGLISH: {"CNY": "CN¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "¥"},
}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class AmountParts(msgspec.Struct, frozen=True):
    """An amount taken apart, so that a page can set the symbol and the decimals smaller."""

    symbol: str
    whole: str
    decimals: str
    """With its point (`.80`); empty for currencies without decimals."""

    def __str__(self) -> str:
        return self.symbol + self.whole + self.decimals


def amount_parts(money: Money, language: Language) -> AmountParts:
    """The parts of an amount: `-CN¥`, `1,280`, `.00`."""
    whole, point, decimals = money.decimal().lstrip("-").partition(".")
    symbol = _SYMBOLS[language].get(money.currency, f"{money.currency}\N{NO-BREAK SPACE}")
    sign = "\N{MINUS SIGN}" if money.minor < 0 else ""
    return AmountParts(sign + symbol, f"{int(whole):,}", point + decimals)


def amount_text(money: Money, language: Language) -> str:
    """An amount in a sentence: `¥1,280.00`."""
    return str(amount_parts(money, language))


def clock_text(moment: datetime, language: Language) -> str:
    """The time of day in China: `14:32`, in English `14:32 (UTC+8)`."""
    text = f"{moment.astimezone(CHINA):%H:%M}"
    return text if language is Language.CHINESE else f"{text} (UTC+8)"


def moment_text(moment: datetime, language: Language) -> str:
    """Day and time in China: `11月22日 14:32`, in English `22 Nov, 14:32 (UTC+8)`."""
    local = moment.astimezone(CHINA)
    day = (
        f"{local.month}月{local.day}日 "
        if language is Language.CHINESE
        else f"{local.day} {_MONTHS[local.month - 1]}, "
    )
    return day + clock_text(moment, language)


def day_text(day: date) -> str:
    """A day, or the day of a moment in China, as it stands in tables: `2026-03-01`."""
    return f"{day.astimezone(CHINA) if isinstance(day, datetime) else day:%Y-%m-%d}"


def day_or_minute_text(moment: datetime, *, as_end: bool = False) -> str:
    """Where a span begins or ends: the day alone if it is a whole one, as it stands in tables, else with the time.

    as_end: what ends with the midnight before a day ends with the day before that.
    """
    local = moment.astimezone(CHINA)
    if local.time() != time():
        return minute_text(moment)
    return day_text(local.date() - timedelta(days=1) if as_end else local.date())


def minute_text(moment: datetime) -> str:
    """Day and time in China, as they stand in tables: `2026-03-01 14:32`."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def rate_text(millionths: int) -> str:
    """A rate in percent, with two decimals or as many as it has: `0.60 %`, `0.3825 %`."""
    whole, rest = divmod(abs(millionths), 10_000)
    decimals = f"{rest:04}".rstrip("0").ljust(2, "0")
    sign = "\N{MINUS SIGN}" if millionths < 0 else ""
    return f"{sign}{whole}.{decimals}\N{NO-BREAK SPACE}%"


def share_text(basis_points: int) -> str:
    """A share in percent: `5.00 %`."""
    return rate_text(100 * basis_points)


def stamp_text(moment: datetime, language: Language) -> str:
    """Day and time to the second, for what happens many times a minute: `11-22 14:32:07`, in English with the zone."""
    text = f"{moment.astimezone(CHINA):%m-%d %H:%M:%S}"
    return text if language is Language.CHINESE else f"{text} (UTC+8)"


_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox"}
_BROWSERS |= {"Chrome": "Chrome", "CriOS": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device_text(user_agent: str) -> str:
    """A browser and its system, as people call them: `Chrome · Windows`; what is known of neither stays as it is."""
    known = [
        next((name for token, name in table.items() if token in user_agent), "")
        for table in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(filter(None, known)) or user_agent


def countdown_text(seconds: int) -> str:
    """Time left, as a clock runs down: `14:32`, `1:05:00`, never below `00:00`."""
    minutes, rest = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
