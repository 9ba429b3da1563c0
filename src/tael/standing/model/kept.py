"""What is kept of a user, and what is known of them? The row that decides, and the evidence behind it."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from tael.standing.model.terms import AccountClassTerms, Count, Limits, PermissionList
from tael.standing.model.words import AccountClass, Kind, PersonalLimit, Presence, Reason, StandingState


class OwnLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A personal limit that differs from the usual one."""

    most: Count
    by_user: bool
    """Whether they agreed on it themselves; the platform raises no limit that a user has chosen."""


class ClassStep(msgspec.Struct, frozen=True):
    """An account class, until evidence behind it expires."""

    account_class: AccountClass
    until: datetime | None = None


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """A restriction as far as decisions need it; in the row of its user."""

    id: str
    kind: Kind
    takes: PermissionList
    since: datetime
    until: datetime | None
    """From this moment on it takes nothing."""
    reason: Reason
    hidden: bool = False
    amount_minor: int | None = None
    """It holds so much of the balance, and no permission is taken."""
    currency: str | None = None
    rule: str | None = None
    """The adjustment that set it."""

    def holds_at(self, moment: datetime) -> bool:
        """Whether it takes something then."""
        return self.until is None or moment < self.until


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The row of a user: all that decides what they may do."""

    user_id: str
    person: str | None
    """Who it is, as far as accounts of one person have to be recognised: no name, no number. `None`: not known yet."""
    steps: tuple[ClassStep, ...]
    """The account class now, and what it falls to when."""
    grants: PermissionList
    limits: Mapping[PersonalLimit, OwnLimit]
    """What differs from the personal limits that hold for everybody."""
    in_force: tuple[InForce, ...]
    opened_at: datetime
    account_opened_at: datetime | None
    """When they first had an account class."""
    quiet_since: datetime
    """Since when they had to have a transaction: the opening of the account, or when they were verified anew."""
    closed_at: datetime | None
    version: int
    account_class: AccountClass
    """As the row was written last, for lists and for whoever wants to know what has changed; decisions ask `class_at`."""
    state: StandingState
    """Likewise."""

    def class_at(self, moment: datetime) -> AccountClass:
        """The account class then."""
        for step in self.steps:
            if step.until is None or moment < step.until:
                return step.account_class
        return AccountClass.NONE


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever moves money needs to know of a user, besides whether they may."""

    user_id: str
    account_class: AccountClass
    terms: AccountClassTerms
    limits: Limits
    """Each personal limit, as it holds."""
    frozen_minor: Mapping[str, int]
    """By currency: what authorities have frozen of the balance, without a permission being taken."""
    version: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody's word confirms who a user is."""

    id: str
    user_id: str
    source: str
    presence: Presence
    at: datetime
    valid_until: datetime | None
    check_id: str | None
    """The verification check that it rests on."""
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Whether it counts then."""
        return self.withdrawn_at is None and (self.valid_until is None or moment < self.valid_until)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What a person's other accounts here mean for this one."""

    has_another: bool = False
    has_class_three: bool = False
    banned_until: datetime | None = None
    """They let or sold an account: no class before."""
