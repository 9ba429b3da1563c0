"""What refuses an act already now, before anybody is asked to confirm it? What counts is decided when it is done."""

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.identity.model import Strength
from tael.wallets.rules import limits
from tael.wallets.rules.limits import Act
from tael.wallets.rules.refused import not_enough, partly_frozen, quiz_first
from tael.wallets.usecases.balances import balances
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.limits import room_of
from tael.wallets.usecases.spend import TAUGHT


async def check_early(tx: Transaction, ground: Ground, act: Act) -> None:
    """Refuses `WalletMalformed`, `LimitReached`, `QuizOwed`, `WalletFrozen`, `NotEnough`; locks nothing."""
    refusal: Refusal | None = (
        limits.why_not_at_all(act.amount, ground.limits(act.at).currencies)
        or await _why_untaught(tx, ground, act)
        or await _why_not_there(tx, ground, act)
        or await _why_over_limits(tx, ground, act)
    )
    if refusal is not None:
        raise refusal


async def _why_untaught(tx: Transaction, ground: Ground, act: Act) -> Refusal | None:
    much = act.kind in TAUGHT and ground.limits(act.at).is_large(act.amount)
    return quiz_first() if much and await ground.messages.owes_quiz(tx, [act.user_id]) else None


async def _why_not_there(tx: Transaction, ground: Ground, act: Act) -> Refusal | None:
    found = await balances(tx, ground, act.user_id, now=act.at)
    [there] = [each for each in found if each.currency == act.amount.currency]
    if act.amount.minor <= there.available_minor:
        return None
    free = there.available_minor + there.frozen_minor
    return partly_frozen() if act.amount.minor <= free else not_enough(act.amount)


async def _why_over_limits(tx: Transaction, ground: Ground, act: Act) -> Refusal | None:
    """However strongly it will be confirmed."""
    terms, counters, years = await room_of(tx, ground, act.user_id, act.amount.currency, at=act.at)
    charges = limits.charges_of(act, terms, Strength.SIGNED, years=years)
    return limits.why_too_much(charges, counters, act.at)
