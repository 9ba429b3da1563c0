"""Which statements can be asked for, for how long are they kept, and by which code are they checked?"""

from datetime import date, datetime, timedelta

from tael.foundation.clock import CHINA
from tael.wallets.errors import WalletMalformed
from tael.wallets.model.statements import CreateStatement, StatementFormat
from tael.wallets.rules.bills import check_period, end_of

LONGEST_DAYS = 366
FILE_KEPT = timedelta(days=30)
CHECKED = timedelta(days=3 * 365 + 1)
"""As long as records of payments are kept at least: three years (E-Commerce Law, Art. 53)."""
MOST_AT_ONCE = 3
"""Statements of one user that are being written."""
MOST_BILLS = {StatementFormat.PDF: 10_000, StatementFormat.XLSX: 100_000}
MOST_ATTEMPTS = 5

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 20
CODES = 32**_LENGTH
"""As many codes there are: 100 bits."""
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def code_of(number: int) -> str:
    """Twenty characters of Crockford's base 32 for a number below `CODES`."""
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_LENGTH))


def read_code(text: str) -> str | None:
    """A code as somebody typed it in from the paper; `None` if it cannot be one."""
    code = text.upper().translate(_READ_AS)
    return code if len(code) == _LENGTH and set(code) <= set(_ALPHABET) else None


def check_wish(wish: CreateStatement, *, now: datetime) -> None:
    """Refuses `WalletMalformed`."""
    check_period(wish.first_day, wish.last_day)
    if (wish.last_day - wish.first_day).days >= LONGEST_DAYS:
        raise WalletMalformed(
            f"A statement is of {LONGEST_DAYS} days at most.", field="to_day", hint="Ask for one a year."
        )
    if wish.first_day > today(now):
        raise WalletMalformed("This has not come yet.", field="from_day")


def until(last_day: date, *, now: datetime) -> datetime:
    """The first moment that is no longer in a statement which is asked for now."""
    return min(end_of(last_day), now)


def today(now: datetime) -> date:
    """The day that it is in China."""
    return now.astimezone(CHINA).date()


def in_china(moment: datetime) -> str:
    """`2026-11-23 18:00:00`: what the clock says in China."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
