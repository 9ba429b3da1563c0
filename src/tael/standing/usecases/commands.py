"""What do users and members of staff ask of a standing? One noun for each verb, and its name in the audit trail."""

from collections.abc import Mapping

import msgspec

from tael.standing.model import (
    NewRestriction,
    Permission,
    PermissionList,
    PersonalLimit,
    Reason,
    ReportKind,
)


class _Command(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked."""

    actor: str


# Of users.


class Freeze(_Command, frozen=True, kw_only=True):
    """Take something from oneself; `None`: all that moves money."""

    user_id: str
    takes: PermissionList | None


class Thaw(_Command, frozen=True, kw_only=True):
    """Give oneself back what one froze."""

    user_id: str
    restriction_id: str
    login_id: str
    """As whom they are signed in, in the words of whoever asked for the confirmation."""
    confirmation_id: str


class Ask(_Command, frozen=True, kw_only=True):
    """Ask for a permission, or for another personal limit."""

    user_id: str
    permission: Permission | None
    limit: PersonalLimit | None
    wanted: int | None
    words: str


class TakeBack(_Command, frozen=True, kw_only=True):
    """Withdraw what one asked for."""

    user_id: str
    request_id: str


class Object(_Command, frozen=True, kw_only=True):
    """Say that a restriction is wrong."""

    user_id: str
    restriction_id: str
    words: str


# Of members of staff.


class SetRestriction(_Command, frozen=True, kw_only=True):
    """Take something from a user."""

    new: NewRestriction


class ReviewRestriction(_Command, frozen=True, kw_only=True):
    """Agree with what a colleague took."""

    restriction_id: str


class LiftRestriction(_Command, frozen=True, kw_only=True):
    """Give something back."""

    restriction_id: str
    note: str = ""
    """For colleagues: why."""
    reason: Reason = Reason.NO_LONGER_NEEDED


class ProposeLift(_Command, frozen=True, kw_only=True):
    """Ask a second person to let something be given back."""

    restriction_id: str
    note: str


class ReportSignal(_Command, frozen=True, kw_only=True):
    """Pass on what somebody outside says of a user."""

    user_id: str
    kind: ReportKind
    source: str
    reference: str
    reason: str
    """For colleagues: what it says."""


class DecideProposal(_Command, frozen=True, kw_only=True):
    """Say yes or no to what a colleague proposed: to lift something, or to let in a report that raises."""

    proposal_id: str
    approve: bool
    digest: str | None
    note: str


class DecideRequest(_Command, frozen=True, kw_only=True):
    """Say yes or no to what a user asks for."""

    request_id: str
    approve: bool
    answer: str


class AnswerObjection(_Command, frozen=True, kw_only=True):
    """Say to a user whether their objection is right."""

    objection_id: str
    grant: bool
    answer: str


Command = (
    Freeze
    | Thaw
    | Ask
    | TakeBack
    | Object
    | SetRestriction
    | ReviewRestriction
    | LiftRestriction
    | ProposeLift
    | ReportSignal
    | DecideProposal
    | DecideRequest
    | AnswerObjection
)
ACTIONS: Mapping[type, str] = {
    Freeze: "standing.freeze",
    Thaw: "standing.thaw",
    Ask: "standing.ask",
    TakeBack: "standing.take_back",
    Object: "standing.object",
    SetRestriction: "standing.restrict",
    ReviewRestriction: "standing.review",
    LiftRestriction: "standing.lift",
    ProposeLift: "standing.propose_lift",
    ReportSignal: "standing.report",
    DecideProposal: "standing.decide_proposal",
    DecideRequest: "standing.decide_request",
    AnswerObjection: "standing.answer_objection",
}
