"""Is there enough, and is it within limits? Looked at before somebody is asked to confirm; what counts is decided when it is done."""

from collections.abc import Sequence

from tael.foundation.money import Money
from tael.wallets.api import Act
from tael.wallets.model import Balance, LimitShown, SpendingKind
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


async def check_early(behind: Behind, request: PageRequest, kind: SpendingKind, amount: Money) -> None:
    """Refuses what would refuse it after it was confirmed, as far as that is known: see `Wallets.check_early`."""
    act = Act(user_id=me(request).owner, kind=kind, amount=amount, at=behind.clock.now())
    async with behind.database.transaction() as tx:
        await behind.wallets.check_early(tx, act)
