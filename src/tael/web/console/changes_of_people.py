"""What do proposals about users and messages say, and what happens when somebody decides about one?"""

from tael.foundation.clock import CHINA
from tael.foundation.money import Money
from tael.foundation.proposals import Proposal, ProposalState
from tael.messages.api import DecideCampaign, proposed_in, tip_in_chinese
from tael.standing.api import DecideProposal, as_shown, reported_in
from tael.standing.model import RAISES, Restriction
from tael.web.console.behind import Behind
from tael.web.console.differences import Difference, differences
from tael.web.console.meant import Decision, Meant


async def of_users(behind: Behind, proposal: Proposal) -> Meant:
    """A restriction that shall be lifted, or a report that would raise a limit.

    What a user must not hear of a restriction stands on its own page, for those who decide.
    """
    if proposal.kind == RAISES:
        return _raises(proposal)
    restriction = as_shown(await behind.standing.reads.restriction(proposal.subject), in_full=False)
    return Meant(
        subject=restriction.user_id,
        address=f"/console/restrictions/{restriction.id}",
        differences=_what_holds(restriction),
        warnings=["lifts_restriction"] if proposal.state is ProposalState.OPEN else [],
    )


def _raises(proposal: Proposal) -> Meant:
    said = reported_in(proposal)
    return Meant(
        subject=said.user_id,
        address=f"/console/users/{said.user_id}/standing",
        differences=[
            Difference("report", "", said.kind, words="signal_of"),
            Difference("source", "", " ".join(filter(None, (said.source, said.reference)))),
        ],
        warnings=["raises_limits"] if proposal.state is ProposalState.OPEN else [],
    )


def _what_holds(restriction: Restriction) -> list[Difference]:
    """What would no longer hold; what has a word is told by it."""
    held = (
        str(Money(restriction.amount_minor, restriction.currency))
        if restriction.amount_minor is not None and restriction.currency is not None
        else ""
    )
    said = [
        Difference("restriction", restriction.kind, "", words="restriction_kind_of"),
        Difference("takes", ", ".join(restriction.takes), "", words="permission_of"),
        Difference("held", held, ""),
        Difference("reason", restriction.reason, "", words="reason_of"),
        Difference("order", " ".join(filter(None, (restriction.authority, restriction.order_number))), ""),
        Difference("since", f"{restriction.set_at.astimezone(CHINA):%Y-%m-%d %H:%M}", ""),
    ]
    return [each for each in said if each.before]


async def decide_users(behind: Behind, id: str, decision: Decision, by: str) -> None:
    """Lift or raise it, or leave it."""
    command = DecideProposal(
        actor=by, proposal_id=id, approve=decision.approve, digest=decision.digest, note=decision.note
    )
    await behind.standing.do(command)


async def of_messages(behind: Behind, proposal: Proposal) -> Meant:
    """A tip that everybody shall be told."""
    del behind
    tip = tip_in_chinese(proposed_in(proposal).tip)
    return Meant(
        subject=tip.title,
        address=f"/console/message-templates/tip.{tip.name}",
        differences=differences({}, {"tip": tip.name, "title": tip.title, "text": tip.text}),
        warnings=["tells_everybody"] if proposal.state is ProposalState.OPEN else [],
    )


async def decide_messages(behind: Behind, id: str, decision: Decision, by: str) -> None:
    """Tell everybody, or nobody."""
    command = DecideCampaign(
        proposal_id=id, approve=decision.approve, digest=decision.digest, note=decision.note, actor=by
    )
    await behind.messages.do(command, actor=by, about=id)
