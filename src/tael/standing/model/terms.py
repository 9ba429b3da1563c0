"""What do the dated rules say about accounts? The types of `dated_rules.toml`."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.standing.model.words import AccountClass, LimitPeriod, Permission, PersonalLimit, Reason

PermissionList = tuple[Permission, ...]
Count = Annotated[int, Meta(ge=0)]
Limits = Mapping[PersonalLimit, Count]


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a dated rule says."""


class AccountClassTerms(_Rule, frozen=True, kw_only=True):
    """What an account class takes, and what it gives."""

    sources: Count
    """So many independent sources have confirmed who it is; with one of them face to face, one is enough."""
    face_to_face_is_enough: bool = True
    first_account: bool = False
    """Only for a person's first account here."""
    one_per_person: bool = False
    limit_minor: Count
    """What may be paid and transferred from the balance, in minor units of `currency`, within `period`."""
    currency: str = "CNY"
    period: LimitPeriod
    gives: PermissionList
    """What everybody of this class may do."""
    on_request: PermissionList = ()
    """What somebody of this class may do if they asked for it and staff agreed."""


class AccountClasses(_Rule, frozen=True, kw_only=True):
    """The account classes: `standing.account_classes`."""

    counted_sources: tuple[str, ...]
    """The sources of evidence that count, each once."""
    none: AccountClassTerms
    one: AccountClassTerms
    two: AccountClassTerms
    three: AccountClassTerms

    def terms(self, account_class: AccountClass) -> AccountClassTerms:
        """The terms of one class."""
        match account_class:
            case AccountClass.NONE:
                return self.none
            case AccountClass.ONE:
                return self.one
            case AccountClass.TWO:
                return self.two
            case AccountClass.THREE:
                return self.three


class PersonalLimits(_Rule, frozen=True, kw_only=True):
    """What is agreed on if nobody says anything, and the most that may be: `standing.personal_limits`."""

    default: Limits
    most: Limits


class Dormancy(_Rule, frozen=True, kw_only=True):
    """When an account that nobody uses is suspended: `standing.dormancy`."""

    months: Annotated[int, Meta(ge=1)]


class Spans(_Rule, frozen=True, kw_only=True):
    """How long some restrictions hold: `standing.restriction_spans`."""

    provisional_hours: Annotated[int, Meta(ge=1)]
    renting_years: Annotated[int, Meta(ge=1)]


class Deadlines(_Rule, frozen=True, kw_only=True):
    """Until when people are answered: `standing.deadlines`."""

    request_working_days: Annotated[int, Meta(ge=1)]
    objection_days: Annotated[int, Meta(ge=1)]
    review_working_days: Annotated[int, Meta(ge=1)]
    """Within so many days a second person looks at a restriction that staff set."""
    holidays: tuple[date, ...] = ()
    """Days of the week on which nobody works."""
    working_weekends: tuple[date, ...] = ()
    """Saturdays and Sundays on which somebody does."""


class Adjustment(_Rule, frozen=True, kw_only=True):
    """When signals of one kind weigh so much, something is taken or given."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    signal: str
    weight_least: Annotated[int, Meta(ge=1)]
    within_days: Annotated[int, Meta(ge=1)]
    takes: PermissionList = ()
    quiet_days: Annotated[int, Meta(ge=1)] | None = None
    """So long after the last such signal, what was taken is given back by itself; without, staff decide."""
    limits: Limits = {}
    """What the personal limits are from then on."""
    reason: Reason


class Adjustments(_Rule, frozen=True, kw_only=True):
    """What the platform does by itself: `standing.adjustments`."""

    rules: tuple[Adjustment, ...]


DATED_RULES: Mapping[str, type[msgspec.Struct]] = {
    "standing.account_classes": AccountClasses,
    "standing.personal_limits": PersonalLimits,
    "standing.dormancy": Dormancy,
    "standing.restriction_spans": Spans,
    "standing.deadlines": Deadlines,
    "standing.adjustments": Adjustments,
}
"""The types of the rules in `dated_rules.toml`."""
