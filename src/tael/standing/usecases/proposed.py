"""What happens when a second person says yes or no to what was proposed about a standing? Lifting, and raising."""

from tael.foundation import proposals
from tael.foundation.db import Transaction
from tael.foundation.proposals import Proposal, ProposalState
from tael.standing.model import RAISES
from tael.standing.usecases import restrictions, signals
from tael.standing.usecases.commands import DecideProposal
from tael.standing.usecases.desk import Desk

AREA = "users"
"""How the kinds of our proposals begin."""


async def decide(desk: Desk, tx: Transaction, wanted: DecideProposal) -> Proposal:
    """Somebody else approves, and it is done, or refuses. Refuses what `proposals.decide` does, and `EndedAlready`."""
    proposal = await proposals.decide(
        tx,
        wanted.proposal_id,
        approve=wanted.approve,
        by=wanted.actor,
        note=wanted.note,
        now=desk.clock.now(),
        digest=wanted.digest,
        kind=AREA,
    )
    if proposal.state is ProposalState.APPROVED:
        if proposal.kind == RAISES:
            await signals.let_in(desk, tx, proposal)
        else:
            await restrictions.lift_proposed(desk, tx, proposal, actor=wanted.actor)
    return proposal
