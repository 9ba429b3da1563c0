"""What are the nouns of behaviour? Acts and their circumstances, habits, rules about both, warnings."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.money import Money

LOCAL = "local"
"""The place of an address that is of no country: a machine's own, or one inside a network."""
RECENT = 20
"""So many of a user's latest acts are looked at beside their habits; no rule counts further."""


class ActKind(StrEnum):
    """What somebody did."""

    SIGN_IN = "sign_in"
    PAYMENT = "payment"
    TOP_UP = "top_up"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    CHANGE = "change"
    """Of a password, a phone, a device, a card."""


SPENDING = (ActKind.PAYMENT, ActKind.WITHDRAWAL, ActKind.TRANSFER)
"""What takes money out of a user's hands."""


class ActResult(StrEnum):
    """Whether it was done."""

    DONE = "done"
    FAILED = "failed"
    """Refused: a wrong password, a limit."""


class Circumstances(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """From where, with what, and when somebody acts."""

    at: datetime
    address: str | None = None
    """Of IPv4 or IPv6."""
    device_id: str | None = None
    """`dev_…` of a device that identity knows."""
    user_agent: str | None = None
    """What the browser calls itself; only what is read out of it is kept."""


class Act(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that a user did or tried."""

    user_id: str
    kind: ActKind
    circumstances: Circumstances
    amount: Money | None = None
    counterparty: str | None = None
    """Whom it went to or came from: an id of a user, a merchant, a bank card."""
    result: ActResult = ActResult.DONE
    what: str | None = None
    """In one word, such as `password` of a change, or the code of a refusal, or what was shown and wrong."""


class RecordedAct(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An act as it is kept."""

    id: str
    user_id: str
    kind: ActKind
    result: ActResult
    at: datetime
    what: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    counterparty: str | None = None
    address: str | None = None
    place: str | None = None
    """ISO 3166 code of the address's country, `local`, or none if nobody knows."""
    device_id: str | None = None
    browser: str | None = None
    system: str | None = None


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody usually spends at a time, in minor units of one currency."""

    count: int
    mean_minor: int
    high_minor: int
    """Nineteen of twenty are at most so much."""


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What a user usually does, as counted at `as_of`."""

    user_id: str
    as_of: datetime
    acts: int
    places: tuple[str, ...]
    """The latest first, as devices and payees."""
    devices: tuple[str, ...]
    hours: tuple[int, ...]
    """Acts in each of the 24 hours of China's day."""
    amounts: Mapping[str, Amounts]
    payees: tuple[str, ...]
    payee_count: int
    last_sign_in_at: datetime | None


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An act beside what its user did before: what rules look at."""

    id: str
    acts: int = 0
    """Known of this user, before."""
    any_place: bool = False
    place_known: bool = False
    any_device: bool = False
    device_known: bool = False
    last_place: str | None = None
    """Of the latest act done before, if it is a country's."""
    last_place_at: datetime | None = None
    hours: tuple[int, ...] = ()
    amount_count: int = 0
    amount_high_minor: int = 0
    """In the currency of the act."""
    in_short_time: int = 0
    """Acts of money in the minutes before, as the rule counts them; likewise the next two."""
    failures: int = 0
    new_payees: int = 0
    """Whom the user had never paid before, this act's payee among them."""
    last_sign_in_at: datetime | None = None
    warned: tuple[str, ...] = ()
    """Reasons of which the user was warned lately."""
    warned_follows: tuple[str, ...] = ()
    """What followed from those warnings."""


class Reason(StrEnum):
    """In which way an act is unlike its user."""

    NEW_PLACE = "new_place"
    NEW_DEVICE = "new_device"
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    UNUSUAL_HOUR = "unusual_hour"
    AMOUNT_FAR_ABOVE_HABIT = "amount_far_above_habit"
    MANY_IN_SHORT_TIME = "many_in_short_time"
    MANY_NEW_PAYEES = "many_new_payees"
    MANY_FAILURES = "many_failures"
    SIGN_IN_AFTER_LONG_SILENCE = "sign_in_after_long_silence"


class Follows(StrEnum):
    """What follows from something unusual; each is more than the one before."""

    NOTHING = "nothing"
    """It counts for the score alone."""
    WARN = "warn"
    """The user is told."""
    ASK_MORE = "ask_more"
    """They are told, and confirm more strongly for a while."""
    RESTRICT = "restrict"
    """They are told, and cannot move money until it is cleared up."""


SEVERITY: Mapping[Follows, int] = {follows: number for number, follows in enumerate(Follows)}


class Unusual(msgspec.Struct, frozen=True, kw_only=True):
    """What rules find in an act. Usual ones have no reasons, score 0, and nothing follows."""

    reasons: tuple[Reason, ...] = ()
    score: int = 0
    """From 0 to 100."""
    follows: Follows = Follows.NOTHING


class ActWarning(msgspec.Struct, frozen=True, kw_only=True):
    """An act that was unlike its user, and what they say to it."""

    id: str
    user_id: str
    act_id: str
    reasons: tuple[Reason, ...]
    score: int
    follows: Follows
    made_at: datetime
    mine: bool | None = None
    """What the user answered: that it was them, or not. None: nothing yet."""
    answered_at: datetime | None = None


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that is data."""


Count = Annotated[int, Meta(ge=1, le=RECENT - 1)]
Positive = Annotated[int, Meta(ge=1, le=100_000)]
Hour = Annotated[int, Meta(ge=0, le=23)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Kinds = Annotated[tuple[ActKind, ...], Meta(min_length=1)]


class Finding(_Rule, frozen=True, kw_only=True):
    """What any of the rules says."""

    weight: Percent
    """How much of the score it is."""
    follows: Follows


class OfKinds(Finding, frozen=True, kw_only=True):
    """A rule about acts of some kinds."""

    kinds: Kinds


class ImpossibleTravel(Finding, frozen=True, kw_only=True):
    """From one country to another in less time than it takes."""

    hours: Positive
    near: tuple[tuple[str, ...], ...] = ()
    """Groups of countries between which nobody wonders."""


class UnusualHour(OfKinds, frozen=True, kw_only=True):
    """In the night of China, by somebody who is seldom awake then."""

    from_hour: Hour
    to_hour: Hour
    """The night ends before it."""
    least_acts: Positive
    """Of fewer nobody knows when the user is awake."""
    most_percent: Percent
    """Of all acts so many, at most, were in this hour and the two beside it."""


class AmountAboveHabit(Finding, frozen=True, kw_only=True):
    """Much more than the user spends at a time."""

    times: Positive
    """So often the amount that nineteen of twenty stay below."""
    least_acts: Positive
    least_minor: dict[str, Annotated[int, Meta(ge=0)]]
    """By currency: below it nothing is much. In a currency that is not named nothing is found."""


class InMinutes(Finding, frozen=True, kw_only=True):
    """So many within so many minutes."""

    minutes: Positive
    count: Count


class InHours(Finding, frozen=True, kw_only=True):
    """So many within so many hours."""

    hours: Positive
    count: Count


class LongSilence(Finding, frozen=True, kw_only=True):
    """After so many days without a sign-in."""

    days: Positive


class ScoreStep(_Rule, frozen=True, kw_only=True):
    """What follows from a score, whatever it is made of."""

    score: Percent
    follows: Follows


class BehaviourRules(_Rule, frozen=True, kw_only=True):
    """The rule `behaviour.rules`: what is unusual, how much it weighs, and what follows."""

    new_place: OfKinds
    new_device: OfKinds
    impossible_travel: ImpossibleTravel
    unusual_hour: UnusualHour
    amount_far_above_habit: AmountAboveHabit
    many_in_short_time: InMinutes
    many_new_payees: InHours
    many_failures: InMinutes
    sign_in_after_long_silence: LongSilence
    steps: tuple[ScoreStep, ...]
    quiet_hours: Positive
    """So long nobody is warned again of what they were warned of."""
    ask_more_hours: Positive
    """So long more is asked after a warning that says so, unless the user answered that it was them."""
    habit_days: Positive
    """Habits are counted over so many days."""


class BehaviourRetention(_Rule, frozen=True, kw_only=True):
    """The rule `behaviour.retention`: how long what is kept."""

    address_days: Positive
    """After this the address and the device of an act are forgotten."""
    act_days: Positive


DATED_RULES: Mapping[str, type[msgspec.Struct]] = {
    "behaviour.rules": BehaviourRules,
    "behaviour.retention": BehaviourRetention,
}
