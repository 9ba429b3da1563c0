"""How does it look over HTTP what somebody outside says of a user, and what was proposed about a standing?"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.http.four_eyes import shown as in_plain_sight
from tael.foundation.printable import PRINTABLE
from tael.foundation.proposals import Proposal, ProposalState
from tael.standing.model import RAISES, Lift, ReportKind, Signal
from tael.standing.schemas import Text


class ReportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody outside says of a user."""

    kind: Annotated[ReportKind, Meta(description="What they say", examples=["low_credit"])]
    source: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern=PRINTABLE,
            description="Who says so: always by the same name",
            examples=["Baihang Credit"],
        ),
    ]
    reference: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern=PRINTABLE,
            description="Their number of it: a report counts once",
            examples=["2026-117"],
        ),
    ]
    reason: Annotated[Text, Meta(description="For colleagues: what it says", examples=["score 420, was 640"])]


class StandingProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A restriction that somebody wants to be lifted, or a report that would raise a limit."""

    id: str
    kind: Annotated[str, Meta(description="`users.lift_restriction` or `users.raise_limits`")]
    user_id: str
    restriction_id: str | None
    report: Annotated[ReportKind | None, Meta(description="What is said of the user")]
    source: str | None
    reference: str | None
    digest: str
    note: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_note: str | None = None


def proposal_body(proposal: Proposal) -> StandingProposal:
    """A proposal in plain sight."""
    if proposal.kind == RAISES:
        said = msgspec.json.decode(proposal.content, type=Signal)
        return in_plain_sight(
            proposal,
            StandingProposal,
            user_id=said.user_id,
            restriction_id=None,
            report=ReportKind(said.kind),
            source=said.source,
            reference=said.reference,
        )
    about = msgspec.json.decode(proposal.content, type=Lift)
    return in_plain_sight(
        proposal,
        StandingProposal,
        user_id=about.user_id,
        restriction_id=about.restriction_id,
        report=None,
        source=None,
        reference=None,
    )
