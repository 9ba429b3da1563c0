"""Below what may a wallet not fall, from which moment on? As restrictions say that hold an amount, each until it ends."""

from collections.abc import Sequence
from datetime import datetime

from tael.ledger.model import Limit
from tael.standing.model import InForce, Permission

_SPENDS = frozenset({Permission.PAY, Permission.TRANSFER, Permission.WITHDRAW})


def floor_steps(
    limits: Sequence[Limit], held: Sequence[InForce], *, currency: str, now: datetime
) -> list[Limit]:
    """What has to be added to an account's limits, so that its floor is right now and at every moment to come.

    limits   those that the account has, in their order; none is ever taken away, so what they say of a later moment has to
             be said anew if it is not right any more
    """
    amounts = [each for each in held if each.amount_minor is not None and each.currency == currency]
    moments = {now, *(each.until for each in amounts if each.until is not None and each.until > now)}
    moments |= {limit.begins_at for limit in limits if limit.begins_at > now}
    added: list[Limit] = []
    for moment in sorted(moments):
        wanted = sum(each.amount_minor or 0 for each in amounts if each.holds_at(moment))
        if floor_at([*limits, *added], moment) != wanted:
            added.append(Limit(begins_at=moment, floor_minor=wanted))
    return added


def floor_at(limits: Sequence[Limit], moment: datetime) -> int:
    """The floor then, by limits of which later ones come before earlier ones that begin at the same moment."""
    begun = [limit for limit in limits if limit.begins_at <= moment]
    last = max((limit.begins_at for limit in begun), default=None)
    counts = next((limit for limit in reversed(begun) if limit.begins_at == last), None)
    return (counts.floor_minor or 0) if counts is not None else 0


def frozen_part(free_minor: int, floor_minor: int, held: Sequence[InForce], *, currency: str) -> int:
    """How much of what lies in a wallet may not be spent: all of it, if nothing may be done that spends."""
    taken = {permission for each in held for permission in each.takes}
    if taken >= _SPENDS:
        return free_minor
    ordered = sum(each.amount_minor or 0 for each in held if each.currency == currency)
    return max(min(max(ordered, floor_minor), free_minor), 0)
