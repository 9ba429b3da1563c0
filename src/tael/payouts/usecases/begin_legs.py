"""Begin legs: a channel is chosen and the row is committed before the channel hears of it."""

from collections.abc import Sequence
from datetime import datetime

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal, Unavailable
from tael.payouts import rules, store
from tael.payouts.model import Leg, Payout, PayoutState
from tael.payouts.usecases.tell_changes import tell
from tael.routing.api import Routing
from tael.routing.model import Decision, Purpose, Wanted


async def begin_legs(
    tx: Transaction, ids: Sequence[str], *, routing: Routing, now: datetime
) -> list[tuple[Payout, Leg]]:
    """Those that a channel has been chosen for; the others wait, have ended, or are in a channel's hands already."""
    payouts = await store.lock(tx, ids)
    legs = await store.legs_of(tx, payouts)
    waiting = [payout for payout in payouts.values() if payout.state is PayoutState.CREATED]
    decisions = routing.decide([_wanted(payout, legs[payout.id]) for payout in waiting])
    begun: list[tuple[Payout, Leg]] = []
    for payout, decision in zip(waiting, decisions, strict=True):
        if isinstance(decision, Decision):
            begun.append(rules.begin_leg(payout, decision.chosen, now))
        elif not isinstance(decision, Unavailable):
            await _wait_or_give_up(tx, payout, now=now)
    await store.update(tx, [payout for payout, _ in begun])
    await store.insert_legs(tx, [leg for _, leg in begun])
    await routing.keep(tx, [decision for decision in decisions if not isinstance(decision, Refusal)])
    return begun


def subject_of(payout_id: str, nth: int) -> str:
    """What routing calls a leg: the payout's id, and from the second on its number."""
    return payout_id if nth == 1 else f"{payout_id}:{nth}"


async def _wait_or_give_up(tx: Transaction, payout: Payout, *, now: datetime) -> None:
    after, fact = rules.no_channel(payout, now)
    await store.update(tx, [after])
    if fact is not None:
        await tell(tx, after, fact, channel="", nth=0, now=now, source="janitor")


def _wanted(payout: Payout, legs: Sequence[Leg]) -> Wanted:
    return Wanted(
        subject=subject_of(payout.id, payout.legs + 1),
        purpose=Purpose.PAY_OUT,
        amount=payout.amount,
        merchant_id=payout.owner,
        excluded=frozenset(leg.channel for leg in legs),
        payee_kind=payout.account_kind,
    )
