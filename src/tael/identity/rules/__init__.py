"""Who may sign in, with what, and how long? No input, no output, no clock.

After NIST SP 800-63B and PCI DSS 4.0, requirement 8: at least twelve characters, none that are tried first, no rules about
kinds of characters; a growing pause after wrong tries; fifteen idle minutes; a code works once.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib import resources

import msgspec

from tael.identity.errors import LoginMalformed, PasswordWeak
from tael.identity.model import Factor, Session, SessionKind


class Lifetime(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session lasts."""

    whole: timedelta
    """From its beginning."""
    idle: timedelta
    """From when somebody was last there."""
    seen_every: timedelta
    """How exactly that is known."""


_AT_A_DESK = Lifetime(whole=timedelta(hours=8), idle=timedelta(minutes=15), seen_every=timedelta(minutes=1))
LIFETIMES: Mapping[SessionKind, Lifetime] = {
    SessionKind.DESK: _AT_A_DESK,
    SessionKind.VISIT: _AT_A_DESK,
    SessionKind.OWN: Lifetime(
        whole=timedelta(days=30), idle=timedelta(days=7), seen_every=timedelta(minutes=15)
    ),
}
"""A phone that its owner trusts stays signed in: what moves money or changes credentials is confirmed each time."""
LIFETIME = _AT_A_DESK.whole
LONGEST_LIFETIME = max(each.whole for each in LIFETIMES.values())
LONGEST_IDLE = max(each.idle for each in LIFETIMES.values())
HALF_LIFETIME = timedelta(minutes=10)
"""How long somebody may take from the password to the second factor."""
FRESH = timedelta(minutes=5)
"""For so long after a second factor sensitive acts need no new one."""
LINK_LIFETIME = timedelta(hours=24)
STEP_SECONDS = 30
"""How long an authenticator shows a code (RFC 6238); one before and one after are taken, too."""
LONGEST_VIEW_NAME, LONGEST_VIEW, MOST_VIEWS = 40, 500, 20
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
LONGEST_DEVICE = 200

_EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}")
_LEET = str.maketrans("013457@$!", "oleastasi")
_COMMON = frozenset(
    resources.files("tael.identity").joinpath("common_passwords.txt").read_text("ascii").split()
)
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
)
_LEAST_LEFT = 6
"""So many characters have to be left of a password without its common words, runs and repetitions."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How many wrong tries there may be, and how long the pause is after them."""

    tries: int
    first_pause: timedelta
    longest_pause: timedelta
    forgotten_after: timedelta


OF_LOGIN = Limit(
    tries=5,
    first_pause=timedelta(minutes=1),
    longest_pause=timedelta(hours=1),
    forgotten_after=timedelta(hours=24),
)
OF_PAYMENT_PASSWORD = Limit(
    tries=5,
    first_pause=timedelta(minutes=15),
    longest_pause=timedelta(hours=24),
    forgotten_after=timedelta(hours=24),
)
"""There are a million of them only: five wrong ones, then a quarter of an hour, then twice as long each time."""
OF_ONE_TIME_CODE = Limit(
    tries=5,
    first_pause=timedelta(minutes=10),
    longest_pause=timedelta(minutes=10),
    forgotten_after=timedelta(minutes=10),
)
"""Whoever tries a sixth time finds the door closed for longer than the code lives."""
OF_ADDRESS = Limit(
    tries=10,
    first_pause=timedelta(seconds=30),
    longest_pause=timedelta(minutes=15),
    forgotten_after=timedelta(hours=1),
)


def pause_after(tries: int, limit: Limit) -> timedelta | None:
    """How long nobody may try after so many wrong tries: twice as long each time."""
    if tries < limit.tries:
        return None
    doublings = min(tries - limit.tries, 20)
    return min(limit.first_pause * (1 << doublings), limit.longest_pause)


def email_as_kept(email: str) -> str:
    """An address as it is compared: without spaces around it, in small letters."""
    return email.strip().lower()


def check_particulars(name: str, email: str) -> tuple[str, str]:
    """Name and e-mail as they are kept; refuses `LoginMalformed`."""
    name, email = name.strip(), email_as_kept(email)
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise LoginMalformed("A name has 1 to 64 printable characters.", field="name")
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise LoginMalformed("This is no e-mail address.", field="email", hint="Such as ann@shop.example.")
    return name, email


def check_password(password: str, *, about: Sequence[str] = ()) -> None:
    """Refuses `PasswordWeak`: too short, or made of what is tried first. `about` is what others know of the person."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordWeak(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.", field="password"
        )
    plain = password.casefold()
    if min(_left(each, about) for each in (plain, plain.translate(_LEET))) < _LEAST_LEFT:
        raise PasswordWeak(
            "This password is among those that are tried first.",
            field="password",
            hint="Take several words that have nothing to do with each other, or let a password manager make one.",
        )


def _left(password: str, about: Sequence[str]) -> int:
    """How many different characters are left without common words, what is known of the person, and runs of neighbours."""
    known = [word for text in about for word in re.findall(r"[^\W_]{3,}", text.casefold())]
    for word in sorted({*_COMMON, *known}, key=len, reverse=True):
        password = password.replace(word, " ")
    return len({each for place, each in enumerate(password) if each != " " and not _follows(password, place)})


def _follows(text: str, place: int) -> bool:
    """Whether a character is the one before again, or its neighbour in the alphabet, the numbers or on the keyboard."""
    if place == 0:
        return False
    pair = text[place - 1 : place + 1]
    return pair[0] == pair[1] or any(pair in row or pair[::-1] in row for row in _ROWS)


def has_ended(session: Session, now: datetime) -> bool:
    """Whether a session is over by the clock."""
    if session.proven_at is None:
        return now >= session.created_at + HALF_LIFETIME
    lasts = LIFETIMES[session.kind]
    return now >= min(session.created_at + lasts.whole, session.last_seen_at + lasts.idle)


def is_fresh(session: Session, now: datetime) -> bool:
    """Whether a second factor was shown lately enough for a sensitive act. To come from a known device is not enough."""
    if session.proven_at is None or session.proven_with is Factor.DEVICE:
        return False
    return now < session.proven_at + FRESH


def device_as_kept(name: str) -> str:
    """A device's name as it is kept."""
    return "".join(each for each in name if each.isprintable())[:LONGEST_DEVICE]


def step_of(now: datetime) -> int:
    """The half minute in which an authenticator shows one code."""
    return int(now.timestamp()) // STEP_SECONDS


def recovery_code_as_kept(text: str) -> str:
    """A recovery code without what makes it readable: capital letters, no dashes or spaces."""
    return re.sub(r"[\s-]", "", text).upper()


def readable(code: str) -> str:
    """A recovery code as it is shown: `ABCD-EFGH-IJKL-MNOP`."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))
