"""What does the record of acts look like on the wire? Users see all of their own; staff see addresses and devices masked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.behaviour.model import ActKind, ActResult, ActWarning, Amounts, Follows, Habits, Reason, RecordedAct


class AnswerWarningRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Was it you?"""

    mine: Annotated[
        bool,
        Meta(description="`false`: it was not me. All sessions end, and money rests until it is cleared up"),
    ]


class ActBody(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a user did or tried."""

    id: str
    kind: ActKind
    result: ActResult
    at: datetime
    what: str | None
    """In one word, such as `password` of a change."""
    amount_minor: int | None
    currency: str | None
    counterparty: str | None
    address: str | None
    """For staff the network alone: `203.0.0.0/16`. None once it is forgotten."""
    place: str | None
    """ISO 3166 code of the address's country, `local`, or none."""
    device_id: str | None
    browser: str | None
    system: str | None


class WarningBody(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was not like a user."""

    id: str
    act_id: str
    reasons: tuple[Reason, ...]
    follows: Follows
    made_at: datetime
    mine: bool | None
    """What the user said; none: nothing yet."""
    answered_at: datetime | None


class StaffWarningBody(WarningBody, frozen=True, kw_only=True):
    """The same, as staff see it."""

    user_id: str
    score: int


class HabitsBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a user usually does, as counted once a day."""

    user_id: str
    as_of: datetime
    acts: int
    places: tuple[str, ...]
    device_count: int
    hours: tuple[int, ...]
    """Acts in each of the 24 hours of China's day."""
    amounts: Mapping[str, Amounts]
    """By currency."""
    payee_count: int
    last_sign_in_at: datetime | None


def act_body(act: RecordedAct, *, address: str | None) -> ActBody:
    """An act, with so much of its address."""
    fields = msgspec.structs.asdict(act)
    fields.pop("user_id")
    return ActBody(**{**fields, "address": address})


def warning_body(warning: ActWarning) -> WarningBody:
    """A warning as its user sees it: what it weighs is not theirs to know."""
    fields = msgspec.structs.asdict(warning)
    return WarningBody(**{name: fields[name] for name in WarningBody.__struct_fields__})


def staff_warning_body(warning: ActWarning) -> StaffWarningBody:
    """A warning as staff see it."""
    return StaffWarningBody(**msgspec.structs.asdict(warning))


def habits_body(habits: Habits) -> HabitsBody:
    """Habits without names of devices and payees."""
    fields = msgspec.structs.asdict(habits)
    known = {name: fields[name] for name in HabitsBody.__struct_fields__ if name in fields}
    return HabitsBody(**known, device_count=len(habits.devices))
