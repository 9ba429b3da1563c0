"""What moved a user's wallet? The newest bills on the page of their money, as the user sees them, masked."""

import re
from collections.abc import Sequence

from tael.wallets.model.bills import Bill, BillFilter, BillState, Direction
from tael.web.console.behind import Behind
from tael.web.console.cells import Cell, Section, at, sum_of, text, user, word

BILL_COLUMNS = ("when", "bill", "amount", "after", "other_side", "remark", "state", "reference")
_PLACE = re.compile(r"([0-9]{1,18})_([0-9]{1,9})")
_MANY = 30


async def bills_section(behind: Behind, user_id: str, cursor: str | None) -> Section:
    """One page of bills, newest first; cursor: where the page before ended."""
    place = _PLACE.fullmatch(cursor or "")
    before = (int(place[1]), int(place[2])) if place else None
    found = await behind.wallets.bills.list(BillFilter(user_id=user_id, before=before, limit=_MANY))
    older = f"/console/users/{user_id}/money?cursor={found.next[0]}_{found.next[1]}" if found.next else ""
    return Section(name="bills", columns=BILL_COLUMNS, rows=[_row(each) for each in found.items], more=older)


def _row(bill: Bill) -> Sequence[Cell]:
    details = bill.details
    signed = bill.amount_minor if bill.direction is Direction.IN else -bill.amount_minor
    other = details.counterparty
    said = " · ".join(filter(None, (details.merchant, details.card, details.title)))
    return (
        at(bill.at),
        word("wallet_bill_of", bill.kind),
        sum_of(signed, bill.currency),
        sum_of(bill.balance_after_minor, bill.currency),
        Cell(several=[user(other.user_id), text(other.name)]) if other else text(said),
        text(details.note),
        word("bill_state_of", details.state, "" if details.state is BillState.DONE else "warning"),
        text(bill.reference, code=True),
    )
