"""What may be done with a partner now, and what stands before its next state? Asks; changes nothing."""

from tael.foundation.errors import NotFound
from tael.partners import store
from tael.partners.model import Lack, Move, Outlook, Partner, State
from tael.partners.rules import way
from tael.partners.usecases.desk import Doing
from tael.partners.usecases.four_eyes import evidence_of, sample_of


async def look_ahead(doing: Doing) -> Outlook:
    """The outlook of one partner; refuses `NoSuchPartner`. What it names is what the moves would be refused for."""
    partner = await store.find_partner(doing.tx, doing.about)
    moves = [move for move in way.MOVES[partner.state] if move is not Move.STEP_BACK]
    open_checks, missing_papers = await _unfinished(doing, partner)
    lacks, set_up = await _lacks(doing, partner)
    seen = await sample_of(doing, partner) if partner.state is State.CANARY else (None, None)
    return Outlook(
        channel=partner.channel,
        state=partner.state,
        alone=[move for move in moves if move in way.ALONE],
        together=[move for move in moves if move not in way.ALONE],
        open_checks=open_checks,
        missing_papers=missing_papers,
        lacks=lacks,
        set_up=set_up,
        calls=seen[0],
        failures=seen[1],
    )


async def _unfinished(doing: Doing, partner: Partner) -> tuple[list[str], list[str]]:
    step = way.step_of(partner.state)
    if step is None:
        return [], []
    ticked = {each.name for each in await store.ticks_of(doing.tx, partner.channel) if each.step is step}
    papers = await store.documents_of(doing.tx, partner.channel)
    held = {paper.kind for paper in papers if paper.holds_on(doing.today)}
    return (
        [name for name in way.CHECKS[step] if name not in ticked],
        [kind for kind in way.PAPERS[step] if kind not in held],
    )


async def _lacks(doing: Doing, partner: Partner) -> tuple[list[Lack], bool]:
    try:
        evidence = await evidence_of(doing, partner.channel)
    except NotFound:
        return list(Lack), False
    return way.lacks(evidence, now=doing.now, today=doing.today), True
