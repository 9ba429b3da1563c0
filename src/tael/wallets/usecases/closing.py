"""What must end before somebody leaves, and what do wallets keep of them?"""

from collections.abc import Sequence

import msgspec

from tael.foundation.money import Money
from tael.users.api import OpenKind, OpenThing
from tael.wallets.model.bills import Bill, BillFilter
from tael.wallets.store import bills as kept
from tael.wallets.store import statements
from tael.wallets.usecases import bills
from tael.wallets.usecases.balances import balances
from tael.wallets.usecases.bill_details import Describers
from tael.wallets.usecases.ground import Ground

COPIED = 10_000
"""As many bills stand in the copy of a user's data; the newest."""
_AT_A_TIME = 500


async def still_open(ground: Ground, user_id: str) -> Sequence[OpenThing]:
    """Money, and what is under way, at one moment: what comes back just now is one or the other. Nothing: they may leave."""
    now = ground.clock.now()
    async with ground.database.transaction() as tx:
        await tx.freeze()
        held = await balances(tx, ground, user_id, now=now)
        begun = await kept.open_things(tx, user_id)
    money = [
        OpenThing(OpenKind.BALANCE, str(Money(each.total_minor, each.currency)))
        for each in held
        if each.total_minor
    ]
    return [*money, *(OpenThing(OpenKind(what), str(count)) for what, count in begun)]


async def all_of(ground: Ground, describers: Describers, user_id: str) -> object:
    """Bills, codes and statements; the wallet itself in each currency."""
    now = ground.clock.now()
    async with ground.database.transaction() as tx:
        held = await balances(tx, ground, user_id, now=now)
        codes = await kept.codes_of(tx, user_id)
        papers = await statements.page(tx, user_id, before=None, limit=COPIED, now=now)
    copied: list[Bill] = []
    for balance in held:
        wanted = BillFilter(user_id=user_id, currency=balance.currency, limit=_AT_A_TIME)
        while len(copied) < COPIED:
            page = await bills.page_of(ground, describers, wanted)
            copied += page.items
            if page.next is None:
                break
            wanted = msgspec.structs.replace(wanted, before=page.next)
    return {"balances": held, "bills": copied, "personal_codes": codes, "statements": papers}
