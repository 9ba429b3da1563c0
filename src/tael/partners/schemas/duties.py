"""What may be asked about policy changes, check-lists and drills?"""

from typing import Annotated

from msgspec import Meta

from tael.partners.model import Checklist, Drill, ItemResult, PolicyChange, Run
from tael.partners.schemas.words import Command, Day, Moment, Name, Note, Person, Reason, RecordId, Strict


class BilledRequest(Strict, frozen=True, kw_only=True):
    """Whose fees shall be compared with the tables? Those of a day, by the channel's own record of it."""

    day: Day


class RecordPolicyChange(Command[PolicyChange], frozen=True, kw_only=True):
    """A partner, or the law, announces something."""

    title: Name
    source: Annotated[Name, Meta(description="Where it is written: an address, a letter's number")]
    summary: Note = ""
    announced_on: Day
    effective_on: Day


class ReviewPolicyChange(Command[PolicyChange], frozen=True, kw_only=True):
    """Decide what to do about it."""

    decision: Reason
    something_to_do: bool


class ApplyPolicyChange(Command[PolicyChange], frozen=True, kw_only=True):
    """What was decided is done."""

    note: Note = ""


class MakeChecklist(Command[Checklist], frozen=True, kw_only=True):
    """What has to be looked at again and again."""

    name: Name
    owner: Person
    items: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=100)]
    every_days: Annotated[
        int, Meta(ge=1, le=1_100, description="Days from one run to the next", examples=[90])
    ]
    first_due_on: Day


class RetireChecklist(Command[Checklist], frozen=True, kw_only=True):
    """No further runs."""


class AnswerItem(Command[Run], frozen=True, kw_only=True):
    """What somebody found; an earlier answer to the same item is kept, and counts no more."""

    item: Annotated[int, Meta(ge=1, le=100, description="Its place in the list, from 1", examples=[1])]
    result: ItemResult
    evidence: Annotated[Reason, Meta(description="What was looked at and seen")]
    document_id: RecordId | None = None


class PlanDrill(Command[Drill], frozen=True, kw_only=True):
    """Practise what happens if the channel is gone."""

    scenario: Reason
    planned_for: Moment


class RecordDrill(Command[Drill], frozen=True, kw_only=True):
    """How the drill went."""

    passed: bool
    recovery_seconds: Annotated[
        Annotated[int, Meta(ge=0, le=10_000_000)] | None,
        Meta(description="From the failure until payments succeeded again", examples=[4]),
    ] = None
    findings: Reason


class CancelDrill(Command[Drill], frozen=True, kw_only=True):
    """It will not take place."""
