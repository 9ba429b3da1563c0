"""What does the platform do by itself when signals add up? It takes, gives back after quiet days, raises and lowers limits."""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from tael.foundation.db import Transaction
from tael.standing import store
from tael.standing.model import Adjustment, Kind, NewRestriction, Signal
from tael.standing.rules import adjusting, table
from tael.standing.usecases.desk import PLATFORM, Change, Desk, begin, finish
from tael.standing.usecases.restrictions import add, set_fact


async def apply(desk: Desk, tx: Transaction, signals: Sequence[Signal]) -> None:
    """Write signals down, and do what the rules say of them; users in the order of their ids. Refuses `NoStanding`."""
    ordered = sorted(signals, key=lambda signal: signal.user_id)
    for user_id, some in groupby(ordered, key=lambda signal: signal.user_id):
        await _apply(desk, tx, user_id, list(some))


async def _apply(desk: Desk, tx: Transaction, user_id: str, new: Sequence[Signal]) -> None:
    change = await begin(desk, tx, user_id, also_closed=True)
    await store.insert_signals(tx, new)
    adjustments = desk.adjustments(change.now)
    since = change.now - adjusting.longest_window(adjustments)
    signals = await store.signals_since(tx, user_id, since=since)
    fresh = {signal.kind for signal in new}
    for adjustment in adjusting.due(adjustments, signals, now=change.now):
        if adjustment.signal in fresh and await _adjust(desk, tx, change, adjustment, signals):
            await finish(
                tx,
                change,
                actor=PLATFORM,
                what="adjusted",
                reason=adjustment.reason,
                about=adjustment.name,
            )
            change = await begin(desk, tx, user_id, also_closed=True)


async def _adjust(
    desk: Desk, tx: Transaction, change: Change, adjustment: Adjustment, signals: Sequence[Signal]
) -> bool:
    """Do what a rule says; false if it is done already."""
    before = change.kept
    if adjustment.takes:
        await _take(desk, tx, change, adjustment, signals)
    limits = table.adjusted_limits(change.kept.limits, adjustment.limits, desk.limits(change.now))
    change.kept = msgspec.structs.replace(change.kept, limits=limits)
    return change.kept != before


async def _take(
    desk: Desk, tx: Transaction, change: Change, adjustment: Adjustment, signals: Sequence[Signal]
) -> None:
    until = adjusting.ends(adjustment, signals)
    held = next((each for each in change.kept.in_force if each.rule == adjustment.name), None)
    if held is None:
        new = NewRestriction(
            user_id=change.user_id,
            kind=Kind.BEHAVIOUR,
            takes=adjustment.takes,
            reason=adjustment.reason,
            until=until,
            rule=adjustment.name,
        )
        await add(desk, tx, change, new, actor=PLATFORM)
    elif until is not None and held.until is not None and until > held.until:
        await store.prolong_restriction(tx, held.id, until=until)
        longer = msgspec.structs.replace(held, until=until)
        change.kept = table.with_restriction(table.without_restriction(change.kept, held.id), longer)
        change.told.append(set_fact(longer, change))
