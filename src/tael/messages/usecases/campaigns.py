"""How is everybody told one tip? A campaign posts to batch after batch, and knows how far it has come.

The calendar starts one by itself; by hand it takes two people, one who proposes and another who approves.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from tael.foundation import proposals
from tael.foundation.clock import CHINA
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.proposals import Proposal, ProposalState
from tael.messages.model import Language, Post
from tael.messages.rules import tips
from tael.messages.rules.templates import TIP
from tael.messages.store import education, people
from tael.messages.usecases.desk import Desk
from tael.messages.usecases.post import post

KIND = "messages.campaign"
BATCH = 500
PLATFORM = "platform"


class ProposedCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A tip that somebody wants everybody to be told."""

    tip: str


class ProposeCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """Ask somebody else to let everybody be told a tip."""

    tip: str
    note: str
    actor: str


class DecideCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """Yes, which starts it, or no."""

    proposal_id: str
    approve: bool
    digest: str
    note: str
    actor: str


async def propose_campaign(tx: Transaction, wanted: ProposeCampaign, desk: Desk) -> Proposal:
    """The proposal; refuses `NoSuchTip`, `ProposalMalformed`."""
    tips.tip_of(wanted.tip, Language.CHINESE)
    return await proposals.propose(
        tx,
        kind=KIND,
        subject=wanted.tip,
        content=msgspec.json.encode(ProposedCampaign(tip=wanted.tip)),
        note=wanted.note,
        by=wanted.actor,
        now=desk.now(),
    )


async def decide_campaign(tx: Transaction, wanted: DecideCampaign, desk: Desk) -> Proposal:
    """The proposal as it ended; approved, the campaign runs. Refuses what `proposals.decide` refuses."""
    ended = await proposals.decide(
        tx,
        wanted.proposal_id,
        approve=wanted.approve,
        by=wanted.actor,
        note=wanted.note,
        now=desk.now(),
        digest=wanted.digest,
        kind=KIND,
    )
    if ended.state is ProposalState.APPROVED:
        await start(
            desk, tx, proposed_in(ended).tip, because=ended.id, day=_today(desk.now()), by=wanted.actor
        )
    return ended


def proposed_in(proposal: Proposal) -> ProposedCampaign:
    """What a proposal is about."""
    return msgspec.json.decode(proposal.content, type=ProposedCampaign)


async def start(desk: Desk, tx: Transaction, tip: str, *, because: str, day: date, by: str) -> bool:
    """Let a campaign run; false if this one was started before."""
    return await education.start_campaign(
        tx, new_id("cpg"), tip=tip, because=because, day=day, started_by=by, now=desk.now()
    )


async def start_due(desk: Desk, tx: Transaction) -> int:
    """Start what the calendar has for today in China; gives how many. Asked again on the same day, none."""
    day = _today(desk.now())
    return sum(
        [
            await start(desk, tx, line.tip, because=line.because, day=day, by=PLATFORM)
            for line in tips.due_on(day)
        ]
    )


async def tell_next(desk: Desk, tx: Transaction) -> bool:
    """Tell the next batch of people of the oldest campaign that runs; false if none runs, or another is at it."""
    running = await education.lock_running_campaign(tx)
    if running is None:
        return False
    batch: Sequence[tuple[int, str]] = await people.people_after(tx, running.last_seq, limit=BATCH)
    await post(desk, tx, [Post(to=user_id, template=TIP + running.tip) for _, user_id in batch])
    await education.advance_campaign(
        tx,
        running.id,
        posted=len(batch),
        last_seq=batch[-1][0] if batch else running.last_seq,
        ended_at=desk.now() if len(batch) < BATCH else None,
    )
    return True


def _today(now: datetime) -> date:
    return now.astimezone(CHINA).date()
