"""What has to be done by a day? Policy changes, check-lists, drills; and who is reminded."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec


class PolicyState(StrEnum):
    """How far we are with a change of a partner's rules, or of the law."""

    ANNOUNCED = "announced"
    REVIEWED = "reviewed"
    """Somebody has decided that there is something to do."""
    APPLIED = "applied"
    NOTHING_TO_DO = "nothing_to_do"


class PolicyChange(msgspec.Struct, frozen=True, kw_only=True):
    """A partner changes its rules, its interface or its prices."""

    id: str
    channel: str
    title: str
    source: str
    """Where it is written: an address, a letter's number."""
    summary: str = ""
    announced_on: date
    effective_on: date
    state: PolicyState
    recorded_by: str
    recorded_at: datetime
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    decision: str = ""
    """What we decided to do, and why."""
    applied_by: str | None = None
    applied_at: datetime | None = None


class Checklist(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be looked at again and again with one channel."""

    id: str
    channel: str
    name: str
    owner: str
    items: tuple[str, ...]
    every_days: int
    next_due_on: date
    """Of the next run that is not there yet."""
    created_by: str
    created_at: datetime
    retired_at: datetime | None = None


class ItemResult(StrEnum):
    """What looking at an item came to."""

    FINE = "fine"
    NOT_FINE = "not_fine"
    NOT_APPLICABLE = "not_applicable"


class ItemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody found."""

    item: int
    """Its place in the list, from 1."""
    result: ItemResult
    evidence: str
    """What was looked at and seen."""
    document_id: str | None = None
    answered_by: str
    answered_at: datetime


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A check-list, once."""

    id: str
    checklist_id: str
    channel: str
    name: str
    owner: str
    items: tuple[str, ...]
    """As they were when the run began."""
    due_on: date
    answers: Sequence[ItemAnswer] = ()
    """The latest for each item."""
    done_at: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether every item has an answer."""
        return {answer.item for answer in self.answers} == set(range(1, len(self.items) + 1))


class DrillState(StrEnum):
    """Whether a drill took place, and how it ended."""

    PLANNED = "planned"
    PASSED = "passed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A failover that is practised: what happens if this channel is gone?"""

    id: str
    channel: str
    scenario: str
    planned_for: datetime
    planned_by: str
    state: DrillState
    ran_at: datetime | None = None
    run_by: str | None = None
    recovery_seconds: int | None = None
    """From the failure until payments succeeded again."""
    findings: str = ""


class DeadlineKind(StrEnum):
    """What is due."""

    CERTIFICATE = "certificate"
    DOCUMENT = "document"
    STEP = "step"
    POLICY_CHANGE = "policy_change"
    RUN = "run"
    DRILL = "drill"


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """A day by which somebody must have done something."""

    kind: DeadlineKind
    object_id: str
    channel: str
    what: str
    owner: str
    due_at: datetime


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline that somebody was told of: once for each distance."""

    seq: int
    kind: DeadlineKind
    object_id: str
    channel: str
    what: str
    owner: str
    due_at: datetime
    days_before: int
    """Negative: so many days too late."""
    raised_at: datetime
