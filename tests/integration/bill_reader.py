"""All bills of somebody, page by page, and what they come to."""

import msgspec

from tael.wallets.model.bills import Bill, BillFilter, Direction
from tests.integration.wallets_scene import Person, Scene


async def all_of(scene: Scene, who: Person, **wanted: object) -> list[Bill]:
    """Every page, one after the other."""
    asked = BillFilter(user_id=who.user_id, **wanted)  # type: ignore[arg-type]
    found: list[Bill] = []
    while True:
        page = await scene.wallets.bills.list(asked)
        assert len(page.items) <= asked.limit
        found += page.items
        if page.next is None:
            return found
        asked = msgspec.structs.replace(asked, before=page.next)


def sum_of(bills: list[Bill]) -> int:
    """What those that moved the wallet come to."""
    booked = [bill for bill in bills if bill.balance_after_minor is not None]
    return sum(bill.amount_minor if bill.direction is Direction.IN else -bill.amount_minor for bill in booked)
