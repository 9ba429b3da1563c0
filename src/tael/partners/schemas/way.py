"""What may one person do on a partner's way? Everything that does not move real money."""

from typing import Annotated

from msgspec import Meta

from tael.partners.model import (
    Acceptance,
    Certificate,
    Check,
    Document,
    DocumentKind,
    Partner,
    Step,
    StepRecord,
    Window,
)
from tael.partners.schemas.words import (
    LARGEST_DOCUMENT,
    Command,
    Day,
    Moment,
    Name,
    Note,
    Person,
    Reason,
    RecordId,
)

Content = Annotated[
    bytes,
    Meta(
        min_length=1,
        max_length=LARGEST_DOCUMENT,
        description=f"The file's bytes in base64, up to {LARGEST_DOCUMENT} bytes",
        examples=["Y29udHJhY3Q="],
    ),
]


class OpenPartner(Command[Partner], frozen=True, kw_only=True):
    """Begin with a channel: research."""

    title: Annotated[Name, Meta(description="The company, as contracts name it")]
    owner: Person
    due_on: Day | None = None


class Advance(Command[Partner], frozen=True, kw_only=True):
    """The step is done: on to the next, with its owner."""

    owner: Person
    due_on: Day | None = None
    note: Note = ""


class GoBack(Command[Partner], frozen=True, kw_only=True):
    """Back to the step before."""

    reason: Reason
    owner: Person


class StartTrial(Command[Partner], frozen=True, kw_only=True):
    """Use a channel that moves no real money, without a contract."""

    note: Note = ""


class EndTrial(Command[Partner], frozen=True, kw_only=True):
    """Use it no more."""

    note: Note = ""


class AssignStep(Command[StepRecord], frozen=True, kw_only=True):
    """Another owner or another day for the present step."""

    owner: Person
    due_on: Day | None = None


class TickCheck(Command[Check], frozen=True, kw_only=True):
    """Say that a point of the present step's list is true, or no longer."""

    step: Step
    name: Annotated[str, Meta(max_length=64, description="As the list calls it", examples=["fees_agreed"])]
    note: Note = ""
    holds: bool = True


class UploadDocument(Command[Document], frozen=True, kw_only=True):
    """Hand in a file."""

    kind: DocumentKind
    name: Name
    content: Content
    step: Step | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None


class EndDocument(Command[Document], frozen=True, kw_only=True):
    """A contract or another paper holds no longer than until this day."""

    ended_on: Day
    reason: Reason


class RecordAcceptance(Command[Acceptance], frozen=True, kw_only=True):
    """Hand in a report of the acceptance kit, as JSON, with its signature."""

    content: Content
    name: Name = "acceptance.json"


class RecordIncident(Command[Partner], frozen=True, kw_only=True):
    """Something went wrong with the partner: remember it."""

    what: Reason


class ScheduleWindow(Command[Window], frozen=True, kw_only=True):
    """The channel is not to be used for a time."""

    starts_at: Moment
    ends_at: Moment
    reason: Reason


class CancelWindow(Command[Window], frozen=True, kw_only=True):
    """It will be used after all, or from now on again."""


class RecordCertificate(Command[Certificate], frozen=True, kw_only=True):
    """Remember when a certificate or key ends: the certificate itself in PEM, or its dates."""

    name: Annotated[Name, Meta(description="What it is for", examples=["our signing key"])]
    pem: Annotated[
        str, Meta(max_length=20_000, description="One certificate in PEM; then leave the dates out")
    ] = ""
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    replaces: Annotated[
        RecordId | None, Meta(description="The id of the one that is used no more", examples=[None])
    ] = None


class ReplaceCertificate(Command[Certificate], frozen=True, kw_only=True):
    """It is used no more."""
