"""What does somebody confirm, with what, and how strongly must it be? Confirmations and strengths."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from tael.foundation.money import Money
from tael.identity.model.logins import Factor


class Strength(StrEnum):
    """How strongly an act is confirmed, the weakest first."""

    NONE = "none"
    """Not at all: the person agreed to that for small amounts."""
    ONE = "one"
    """By fewer than two factors."""
    TWO = "two"
    """By two factors."""
    SIGNED = "signed"
    """By two factors, one of which is a digital signature."""

    @property
    def is_weak(self) -> bool:
        """Whether it is by fewer than two factors: what is confirmed so has a limit of its own a day."""
        return self in (Strength.NONE, Strength.ONE)

    def reaches(self, other: "Strength") -> bool:
        """Whether it is as strong as the other, or stronger."""
        order = list(Strength)
        return order.index(self) >= order.index(other)


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """What is enough: all factors of any one set."""

    strength: Strength
    sets: tuple[tuple[Factor, ...], ...]


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A question to a person: is this what you want? It serves one act, once, for some minutes."""

    id: str
    login_id: str
    session_id: str
    """Where it was asked: nobody answers it elsewhere."""
    about: bytes
    """SHA-256 of the act as it was shown."""
    strength: Strength
    sets: tuple[tuple[Factor, ...], ...]
    words: Mapping[str, str]
    """What the person saw of the act, masked."""
    nonce: bytes
    shown: tuple[Factor, ...] = ()
    """What they have shown so far."""
    made_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None = None
    used_at: datetime | None = None

    @property
    def missing(self) -> Sequence[Sequence[Factor]]:
        """What is left of each set; nothing if it is confirmed."""
        if self.confirmed_at is not None:
            return ()
        return [[each for each in one if each not in self.shown] for one in self.sets]


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmation that an act comes with."""

    id: str
    login_id: str
    about: bytes
    """SHA-256 of the act that is done: that of another act is refused."""
    strength: Strength = Strength.NONE
    """At least so strong it must have been asked."""


class StepUpQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """An act of which somebody wants to know how strongly it must be confirmed."""

    login_id: str
    kind: str
    """What it is: `payment`, `transfer`, `withdrawal` …"""
    amount: Money
    at: datetime
    weak_today_minor: int = 0
    """What was done today already, in this currency, confirmed by fewer than two factors."""
    unsigned_today_minor: int = 0
    """Likewise without a signature; what was confirmed by fewer than two factors is part of it."""


class DayOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much a person may do in a day, in minor units of one currency, by how it is confirmed."""

    weak_minor: int
    """By fewer than two factors."""
    unsigned_minor: int
    """Without a digital signature; what is weakly confirmed counts here, too."""
    small_minor: int
    """The largest single amount that a person may let pass without any confirmation."""


class StepUpRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule `identity.step_up`: how strongly acts are confirmed, and by what."""

    days: dict[str, DayOf]
    """By currency. In one that is not named, everything is signed."""
    sets: dict[Strength, tuple[tuple[Factor, ...], ...]]
    """Of each strength but `none`: which sets of factors are enough."""
    wary: dict[Strength, Strength] = {}
    """What is asked in the place of a strength of whoever may be somebody else."""
    wary_hours: int = 0
    """So long after a forgotten password, or a lost telephone, they may be."""
    by_code: tuple[str, ...] = ("none", "I")
    """The account classes that set a forgotten payment password anew with a code, if there is nothing else to show."""
    face_hours: int = 24
    """So long it counts that somebody has shown their face."""

    def in_doubt(self, plain: Strength) -> Strength:
        """What is asked in the place of a strength of whoever may be somebody else."""
        return self.wary.get(plain, plain)


class SmallAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """A person's agreement that small amounts need no confirmation."""

    most: Money
    agreed_at: datetime


DATED_RULES = {"identity.step_up": StepUpRule}
