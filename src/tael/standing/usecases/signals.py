"""What follows when somebody outside reports a user: a credit bureau, the police, another institution?

A member of staff passes it on. What lowers holds at once; what would raise a limit is proposed, and a second person lets it in.
Each report counts once: it is known by who made it and by their reference.
"""

import re

import msgspec

from tael.foundation import proposals
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.printable import LINES, PRINTABLE
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.standing import store
from tael.standing.errors import ReportMalformed
from tael.standing.model import RAISES, Report, ReportKind, Signal
from tael.standing.rules import adjusting, table
from tael.standing.usecases import adjust
from tael.standing.usecases.commands import ReportSignal
from tael.standing.usecases.desk import Change, Desk, begin

_NAME, _REASON = re.compile(PRINTABLE), re.compile(LINES)
_LONGEST_NAME, _LONGEST_REASON = 64, 1_000


async def report(desk: Desk, tx: Transaction, wanted: ReportSignal) -> Report:
    """Hear a report, and do what the rules say of it; refuses `NoStanding`, `ReportMalformed`."""
    change = await begin(desk, tx, wanted.user_id, also_closed=True)
    said = Signal(
        id=new_id("rpt"),
        user_id=wanted.user_id,
        kind=wanted.kind,
        source=_name_in(wanted.source, "source"),
        reference=_name_in(wanted.reference, "reference"),
        reason=_readable(wanted.reason, "reason", _REASON, most=_LONGEST_REASON),
        reported_by=wanted.actor,
        at=change.now,
    )
    if (known := await store.find_report(tx, said)) is not None:
        return _answered(known)
    if (waiting := await _waiting(tx, change, said)) is not None:
        return waiting
    if not await _raises(desk, tx, change, said):
        await adjust.apply(desk, tx, [said])
        return _answered(said)
    proposal = await proposals.propose(
        tx,
        kind=RAISES,
        subject=said.user_id,
        content=msgspec.json.encode(said),
        note=said.reason,
        by=wanted.actor,
        now=change.now,
    )
    return _answered(said, proposal)


async def let_in(desk: Desk, tx: Transaction, proposal: Proposal) -> None:
    """A second person has approved a report: now it counts, and the rules of now say what follows."""
    await adjust.apply(desk, tx, [reported_in(proposal)])


def reported_in(proposal: Proposal) -> Signal:
    """What a proposal wants to let in."""
    return msgspec.json.decode(proposal.content, type=Signal)


def _name_in(text: str, field: str) -> str:
    return _readable(text, field, _NAME, most=_LONGEST_NAME)


def _readable(text: str, field: str, pattern: re.Pattern[str], *, most: int) -> str:
    text = text.strip()
    if not 1 <= len(text) <= most or not pattern.fullmatch(text):
        raise ReportMalformed(f"Say its {field} in 1 to {most} readable characters.", field=field)
    return text


async def _raises(desk: Desk, tx: Transaction, change: Change, said: Signal) -> bool:
    """Whether it would raise a limit of its user: nobody does that alone."""
    adjustments, limits = desk.adjustments(change.now), desk.limits(change.now)
    since = change.now - adjusting.longest_window(adjustments)
    signals = [*await store.signals_since(tx, change.user_id, since=since), said]
    own = change.kept.limits
    for each in adjusting.due(adjustments, signals, now=change.now):
        if each.signal == said.kind:
            after = table.adjusted_limits(own, each.limits, limits)
            if table.raised(own, after, limits):
                return True
            own = after
    return False


async def _waiting(tx: Transaction, change: Change, said: Signal) -> Report | None:
    """The same report, if it waits for a second person."""
    wanted = ProposalFilter(kind=RAISES, subject=said.user_id, state=ProposalState.OPEN, limit=200)
    for proposal in await proposals.list_proposals(tx, wanted, now=change.now):
        waiting = reported_in(proposal)
        if _name(waiting) == _name(said):
            return _answered(waiting, proposal)
    return None


def _name(said: Signal) -> tuple[str, str | None, str | None]:
    return said.kind, said.source, said.reference


def _answered(said: Signal, proposal: Proposal | None = None) -> Report:
    return Report(
        id=said.id or "",
        user_id=said.user_id,
        kind=ReportKind(said.kind),
        source=said.source or "",
        reference=said.reference or "",
        at=said.at,
        proposal_id=None if proposal is None else proposal.id,
        digest=None if proposal is None else proposal.digest,
    )
