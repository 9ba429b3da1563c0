"""Is there enough, and is it within limits? Looked at before somebody is asked to confirm; what counts is decided when it is done."""

from collections.abc import Sequence

from tael.foundation.money import Money
from tael.wallets.errors import LimitReached, NotEnough, QuizOwed, WalletFrozen
from tael.wallets.model import Balance, LimitShown
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import me
from tael.web.wallet.behind import Behind

TRANSFER = ("transfer_day", "transfers_day", "spent_year", "spent_life")
PAYMENT = ("payment_day", "spent_year", "spent_life")
"""The limits in which an act counts, however it is confirmed."""


async def limits_left(behind: Behind, request: PageRequest, names: Sequence[str]) -> Sequence[LimitShown]:
    """What of these limits is left."""
    found = {each.name: each for each in await behind.wallets.limits(me(request).owner)}
    return [found[name] for name in names if name in found]


async def balance_of(behind: Behind, request: PageRequest, currency: str) -> Balance:
    """What is there."""
    found = await behind.wallets.balances(me(request).owner)
    return next(each for each in found if each.currency == currency)


async def check_early(behind: Behind, request: PageRequest, amount: Money, names: Sequence[str]) -> None:
    """Refuses `WalletFrozen`, `NotEnough`, `LimitReached`; of transfers `QuizOwed`."""
    if names == TRANSFER and behind.wallets.rule.is_large(amount):
        async with behind.database.transaction() as tx:
            if await behind.people.messages.owes_quiz(tx, [me(request).owner]):
                raise QuizOwed("Pass the quiz first.")
    balance = await balance_of(behind, request, amount.currency)
    if balance.available_minor < amount.minor <= balance.available_minor + balance.frozen_minor:
        raise WalletFrozen("What is frozen cannot be spent.", field="amount_minor")
    if amount.minor > balance.available_minor:
        raise NotEnough(f"The balance is not enough for {amount}.", field="amount_minor")
    for limit in await limits_left(behind, request, names):
        wanted = 1 if limit.currency is None else amount.minor
        if wanted > limit.left:
            raise LimitReached("This would pass a limit.", field="amount_minor", limit=limit.name)
